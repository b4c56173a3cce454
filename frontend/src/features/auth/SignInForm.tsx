import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { asProblem, type Problem } from '@/api/problem'
import { isRefusal, signIn, type SignInOutcome } from '@/api/session'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { SecondFactorStep } from './SecondFactorStep'

interface SignInFormProps {
  /** Known already when a session ended under somebody's hands. */
  email?: string
  onSignedIn: () => void
}

/** Password, then the second factor where the account has one. */
export function SignInForm({ email = '', onSignedIn }: SignInFormProps) {
  const [step, setStep] = useState<'password' | 'second_factor'>('password')
  const proceed = (outcome: SignInOutcome) => (outcome === 'signed_in' ? onSignedIn() : setStep('second_factor'))
  return step === 'password' ? (
    <PasswordStep email={email} onOutcome={proceed} />
  ) : (
    <SecondFactorStep onOutcome={proceed} onStartOver={() => setStep('password')} />
  )
}

interface StepProps {
  onOutcome: (outcome: SignInOutcome) => void
}

function PasswordStep({ email, onOutcome }: StepProps & { email: string }) {
  const { t } = useTranslation('auth')
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const form = useForm({
    initialValues: { email, password: '' },
    validate: {
      email: (value) => (value.trim() ? null : t('required')),
      password: (value) => (value ? null : t('required')),
    },
  })
  const submit = form.onSubmit(async ({ email: address, password }) => {
    setBusy(true)
    setProblem(null)
    try {
      onOutcome(await signIn({ email: address.trim(), password }))
    } catch (error) {
      setProblem(asProblem(error))
    } finally {
      setBusy(false)
    }
  })
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <TextInput
          label={t('email')}
          type="email"
          autoComplete="username"
          autoFocus={!email}
          size="md"
          {...form.getInputProps('email')}
        />
        <PasswordInput
          label={t('password')}
          autoComplete="current-password"
          autoFocus={Boolean(email)}
          size="md"
          {...form.getInputProps('password')}
        />
        {problem &&
          (isRefusal(problem) ? (
            <Text c="var(--c-urgent)" size="sm" role="alert">
              {t('wrong')}
            </Text>
          ) : (
            <ProblemNotice problem={problem} />
          ))}
        <Button type="submit" size="md" mt="xs" loading={busy} fullWidth>
          {t('submit')}
        </Button>
      </Stack>
    </form>
  )
}
