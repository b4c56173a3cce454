import { ActionIcon, Anchor, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { activateTotp, isWrong, type TotpEnrolment as Enrolment, totpPicture } from '@/api/security'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Security.module.css'

const CODE_LENGTH = 6
const GROUP_LENGTH = 4

interface TotpEnrolmentProps {
  enrolment: Enrolment
  startedAt: number
  onActivated: (recoveryCodes: string[]) => void
  /** The password was confirmed too long ago, or something else ended this. */
  onFailed: (error: unknown) => boolean
  onCancel: () => void
}

/** The key as a picture and as text, then a code that shows the app has it. */
export function TotpEnrolment({ enrolment, startedAt, onActivated, onFailed, onCancel }: TotpEnrolmentProps) {
  const { t } = useTranslation('auth')
  const clipboard = useClipboard({ timeout: 1500 })
  const [code, setCode] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const [isDrawn, setDrawn] = useState(true)
  const wrong = isWrong(problem, 'incorrect_code')
  const activate = async () => {
    setBusy(true)
    setProblem(null)
    try {
      onActivated(await activateTotp(code))
    } catch (error) {
      if (!onFailed(error)) setProblem(error)
      setCode('')
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      className={classes.enrolment}
      onSubmit={(event) => {
        event.preventDefault()
        void activate()
      }}
    >
      {isDrawn && <img className={classes.qr} src={totpPicture(startedAt)} width={208} height={208} alt={t('security.qr')} onError={() => setDrawn(false)} />}
      <Stack gap="sm" align="flex-start" className={classes.steps}>
        <Text>{isDrawn ? t('security.step1') : t('security.noQr')}</Text>
        <div>
          <div className={classes.keyLabel} id="totp-key">
            {t('security.key')}
          </div>
          <Group gap={6} wrap="nowrap">
            <code className={classes.key} aria-labelledby="totp-key">
              {groupsOf(enrolment.secret).map((group, index) => (
                <span key={index}>{group}</span>
              ))}
            </code>
            <ActionIcon variant="subtle" color="gray" size={28} aria-label={clipboard.copied ? t('security.copied') : t('security.copyKey')} onClick={() => clipboard.copy(enrolment.secret)}>
              {clipboard.copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
            </ActionIcon>
          </Group>
        </div>
        <Anchor href={enrolment.totp_url} size="sm">
          {t('security.link')}
        </Anchor>
        <TextInput
          label={t('security.step2')}
          description={t('codeHint')}
          inputMode="numeric"
          autoComplete="one-time-code"
          autoFocus
          w={260}
          value={code}
          error={wrong ? t('wrongCode') : undefined}
          onChange={(event) => setCode(event.currentTarget.value.replace(/\D/g, '').slice(0, CODE_LENGTH))}
        />
        {problem !== null && !wrong && <ProblemNotice problem={problem} />}
        <Group gap={8}>
          <Button type="submit" disabled={code.length < CODE_LENGTH} loading={busy}>
            {t('security.activate')}
          </Button>
          <Button variant="default" onClick={onCancel}>
            {t('common:action.cancel')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** A key is typed in small groups. */
function groupsOf(secret: string): string[] {
  const count = Math.ceil(secret.length / GROUP_LENGTH)
  return Array.from({ length: count }, (_one, index) => secret.slice(index * GROUP_LENGTH, (index + 1) * GROUP_LENGTH))
}
