import { Button, Group, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { IconAlertTriangle, IconKey, IconShieldCheck, IconShieldOff } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { asksForPassword, deactivateTotp, renewRecoveryCodes, type SecondFactors, secondFactorsKey, startTotp, type TotpEnrolment as Enrolment, useSecondFactors } from '@/api/security'
import { meKey } from '@/api/session'
import { Chip } from '@/ui/Chip'
import { LoadingRows } from '@/ui/DataTable'
import { formatDateTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import { PasswordStep } from './PasswordStep'
import { RecoveryCodes } from './RecoveryCodes'
import { TotpEnrolment } from './TotpEnrolment'

/** What the person is in the middle of. Every change starts with the password. */
type Stage =
  | { kind: 'idle' }
  | { kind: 'enrol-password' }
  | { kind: 'enrol'; enrolment: Enrolment; startedAt: number }
  | { kind: 'switch-off' }
  | { kind: 'renew' }
  | { kind: 'codes'; codes: string[] }

const idle: Stage = { kind: 'idle' }
/** Few enough that one should think of new ones. */
const FEW_CODES = 3

export default function SecurityRoute() {
  const { t } = useTranslation('auth')
  const factors = useSecondFactors()
  const [stage, setStage] = useState<Stage>(idle)
  const parts = { stage, setStage }
  return (
    <Screen title={t('security.title')} lead={t('security.lead')}>
      {factors.error && !factors.data && <ProblemNotice problem={factors.error} onRetry={() => void factors.refetch()} />}
      {!factors.data && !factors.error && <LoadingRows label={t('common:list.loading')} rows={4} />}
      {factors.data && (
        <>
          <TotpSection totp={factors.data.totp} {...parts} />
          {(factors.data.totp || stage.kind === 'codes') && <RecoverySection recovery={factors.data.recovery} {...parts} />}
        </>
      )}
    </Screen>
  )
}

interface PartProps {
  stage: Stage
  setStage: (stage: Stage) => void
}

function useRefresh(): () => Promise<unknown> {
  const client = useQueryClient()
  return () => Promise.all([client.invalidateQueries({ queryKey: secondFactorsKey }), client.invalidateQueries({ queryKey: meKey })])
}

function TotpSection({ totp, stage, setStage }: PartProps & { totp: SecondFactors['totp'] }) {
  const { t } = useTranslation('auth')
  const refresh = useRefresh()
  const stop = () => setStage(idle)
  // The password first: confirming it later would replace a key already scanned.
  const begin = async () => {
    const enrolment = await startTotp()
    if (enrolment !== 'active') return setStage({ kind: 'enrol', enrolment, startedAt: Date.now() })
    await refresh()
    stop()
  }
  const switchOff = async () => {
    await deactivateTotp()
    await refresh()
    stop()
    notifications.show({ message: t('security.switchedOff') })
  }
  return (
    <Section title={t('security.factor')} padded>
      <Stack gap="sm" align="flex-start" maw={640}>
        <Chip tone={totp ? 'ok' : 'warning'} icon={totp ? <IconShieldCheck size={14} aria-hidden /> : <IconShieldOff size={14} aria-hidden />}>
          {totp ? t('common:user.secondFactorOn') : t('common:user.secondFactorOff')}
        </Chip>
        <Text>{totp ? t('security.on') : t('security.off')}</Text>
        {totp && (
          <Text c="dimmed" size="sm">
            {[t('security.since', { when: formatDateTime(totp.since.toISOString()) }), totp.lastUsed && t('security.lastUsed', { when: formatDateTime(totp.lastUsed.toISOString()) })].filter(Boolean).join(' · ')}
          </Text>
        )}
        {!totp && stage.kind === 'idle' && (
          <Button leftSection={<IconShieldCheck size={16} aria-hidden />} onClick={() => setStage({ kind: 'enrol-password' })}>
            {t('security.start')}
          </Button>
        )}
        {stage.kind === 'enrol-password' && <PasswordStep submit={t('security.confirm')} onConfirmed={begin} onCancel={stop} />}
        {stage.kind === 'enrol' && (
          <TotpEnrolment
            key={stage.startedAt}
            enrolment={stage.enrolment}
            startedAt={stage.startedAt}
            onActivated={(codes) => {
              setStage({ kind: 'codes', codes })
              void refresh()
            }}
            onFailed={(error) => {
              const again = asksForPassword(error)
              if (again) setStage({ kind: 'enrol-password' })
              return again
            }}
            onCancel={stop}
          />
        )}
        {totp && stage.kind === 'idle' && (
          <Button variant="default" leftSection={<IconShieldOff size={16} aria-hidden />} onClick={() => setStage({ kind: 'switch-off' })}>
            {t('security.switchOff')}
          </Button>
        )}
        {stage.kind === 'switch-off' && (
          <>
            <Text>{t('security.switchOffMeans')}</Text>
            <PasswordStep danger submit={t('security.switchOff')} onConfirmed={switchOff} onCancel={stop} />
          </>
        )}
      </Stack>
    </Section>
  )
}

function RecoverySection({ recovery, stage, setStage }: PartProps & { recovery: SecondFactors['recovery'] }) {
  const { t } = useTranslation('auth')
  const refresh = useRefresh()
  const renew = async () => {
    const codes = await renewRecoveryCodes()
    setStage({ kind: 'codes', codes })
    void refresh()
  }
  const left = recovery?.left ?? 0
  return (
    <Section title={t('recovery.title')} padded>
      <Stack gap="sm" align="flex-start" maw={640}>
        {stage.kind === 'codes' ? (
          <RecoveryCodes codes={stage.codes} onDone={() => setStage(idle)} />
        ) : (
          <>
            <Group gap={8}>
              <Chip tone={left > FEW_CODES ? 'neutral' : left > 0 ? 'warning' : 'urgent'} icon={left > FEW_CODES ? <IconKey size={14} aria-hidden /> : <IconAlertTriangle size={14} aria-hidden />}>
                {t('recovery.left', { left, total: recovery?.total ?? 0 })}
              </Chip>
            </Group>
            <Text>{left > FEW_CODES ? t('recovery.lead') : t('recovery.few')}</Text>
            {stage.kind === 'idle' && (
              <Button variant="default" leftSection={<IconKey size={16} aria-hidden />} onClick={() => setStage({ kind: 'renew' })}>
                {t('recovery.renew')}
              </Button>
            )}
            {stage.kind === 'renew' && (
              <>
                <Text>{t('recovery.renewMeans')}</Text>
                <PasswordStep submit={t('recovery.renew')} onConfirmed={renew} onCancel={() => setStage(idle)} />
              </>
            )}
          </>
        )}
      </Stack>
    </Section>
  )
}
