import { Button, Group, PasswordInput, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { isWrong, reauthenticate } from '@/api/security'
import { ProblemNotice } from '@/ui/ProblemNotice'

interface PasswordStepProps {
  /** What happens with a right password; what it throws is shown here. */
  onConfirmed: () => Promise<void>
  onCancel: () => void
  /** The last button, in words that say what it does. */
  submit: string
  danger?: boolean
}

/** The password again, so that nobody changes the sign-in of a colleague who has gone for coffee. */
export function PasswordStep({ onConfirmed, onCancel, submit, danger = false }: PasswordStepProps) {
  const { t } = useTranslation('auth')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const wrong = isWrong(problem, 'incorrect_password')
  const confirm = async () => {
    setBusy(true)
    setProblem(null)
    try {
      await reauthenticate(password)
      await onConfirmed()
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void confirm()
      }}
    >
      <Stack gap="sm" align="flex-start">
        <PasswordInput
          label={t('security.reauth')}
          w={300}
          autoFocus
          autoComplete="current-password"
          value={password}
          error={wrong ? t('security.wrongPassword') : undefined}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {problem !== null && !wrong && <ProblemNotice problem={problem} />}
        <Group gap={8}>
          <Button type="submit" color={danger ? 'urgent' : undefined} disabled={!password} loading={busy}>
            {submit}
          </Button>
          <Button variant="default" onClick={onCancel}>
            {t('common:action.cancel')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
