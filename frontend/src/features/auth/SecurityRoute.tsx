import { Anchor, Button, Code, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { IconShieldCheck, IconShieldOff } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { activateTotp, meKey, reauthenticate, startTotp, type TotpEnrolment, useMe } from '@/api/session'
import { Chip } from '@/ui/Chip'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

type Stage = { kind: 'idle' } | { kind: 'reauthenticate' } | { kind: 'enrol'; enrolment: TotpEnrolment }

export default function SecurityRoute() {
  const { t } = useTranslation('auth')
  const me = useMe()
  const client = useQueryClient()
  const [stage, setStage] = useState<Stage>({ kind: 'idle' })
  const [problem, setProblem] = useState<unknown>(null)
  const [word, setWord] = useState('')
  const enabled = me.data?.totp_enabled ?? false

  const attempt = async (work: () => Promise<void>) => {
    setProblem(null)
    try {
      await work()
      setWord('')
    } catch (error) {
      setProblem(error)
    }
  }
  // The password first: confirming it later would replace a key already scanned.
  const begin = () => setStage({ kind: 'reauthenticate' })
  const confirmPassword = () =>
    attempt(async () => {
      await reauthenticate(word)
      const enrolment = await startTotp()
      if (enrolment === 'active') await client.invalidateQueries({ queryKey: meKey })
      else setStage({ kind: 'enrol', enrolment })
    })
  const activate = () =>
    attempt(async () => {
      await activateTotp(word)
      setStage({ kind: 'idle' })
      await client.invalidateQueries({ queryKey: meKey })
    })

  return (
    <Screen title={t('security.title')} lead={t('security.lead')}>
      <Section title={t('security.title')} padded>
        <Stack gap="sm" align="flex-start" maw={460}>
          <Chip tone={enabled ? 'ok' : 'warning'} icon={enabled ? <IconShieldCheck size={14} aria-hidden /> : <IconShieldOff size={14} aria-hidden />}>
            {enabled ? t('common:user.secondFactorOn') : t('common:user.secondFactorOff')}
          </Chip>
          <Text>{enabled ? t('security.on') : t('security.off')}</Text>
          {!enabled && stage.kind === 'idle' && <Button onClick={begin}>{t('security.start')}</Button>}
          {stage.kind === 'reauthenticate' && (
            <form onSubmit={(event) => { event.preventDefault(); void confirmPassword() }}>
              <Stack gap="sm" align="flex-start">
                <PasswordInput label={t('security.reauth')} w={300} value={word} onChange={(event) => setWord(event.currentTarget.value)} autoComplete="current-password" />
                <Button type="submit">{t('security.confirm')}</Button>
              </Stack>
            </form>
          )}
          {stage.kind === 'enrol' && (
            <form onSubmit={(event) => { event.preventDefault(); void activate() }}>
              <Stack gap="sm" align="flex-start">
                <Text>{t('security.step1')}</Text>
                <Code block aria-label={t('security.key')}>{stage.enrolment.secret}</Code>
                <Anchor href={stage.enrolment.totp_url}>{t('security.link')}</Anchor>
                <TextInput label={t('security.step2')} inputMode="numeric" autoComplete="one-time-code" maxLength={6} w={260} value={word} onChange={(event) => setWord(event.currentTarget.value)} />
                <Button type="submit" disabled={word.length < 6}>{t('security.activate')}</Button>
              </Stack>
            </form>
          )}
          {problem !== null && <ProblemNotice problem={problem} />}
        </Stack>
      </Section>
    </Screen>
  )
}
