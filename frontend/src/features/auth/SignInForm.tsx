import { Button, PasswordInput, PinInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { asProblem, type Problem } from '@/api/problem'
import { answerSecondFactor, signIn, type SignInOutcome } from '@/api/session'
import { ProblemNotice } from '@/ui/ProblemNotice'

interface SignInFormProps {
  /** Known already when a session ended under somebody's hands. */
  email?: string
  onSignedIn: () => void
}

const CODE_LENGTH = 6

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

/** 400 from sign-in means wrong credentials; anything else is told as it is. */
const isRefusal = (problem: Problem): boolean => problem.status === 400 || (problem.status === 401 && problem.code !== 'offline')

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

function SecondFactorStep({ onOutcome, onStartOver }: StepProps & { onStartOver: () => void }) {
  const { t } = useTranslation('auth')
  const [code, setCode] = useState('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const submit = async (value: string) => {
    if (value.length < CODE_LENGTH) return
    setBusy(true)
    setProblem(null)
    try {
      onOutcome(await answerSecondFactor(value))
    } catch (error) {
      setProblem(asProblem(error))
      setCode('')
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void submit(code)
      }}
    >
      <Stack gap="sm">
        <div>
          <Text fw={500}>{t('code')}</Text>
          <Text c="dimmed" size="sm">
            {t('codeHint')}
          </Text>
        </div>
        <PinInput
          length={CODE_LENGTH}
          type="number"
          oneTimeCode
          autoFocus
          size="md"
          value={code}
          onChange={setCode}
          onComplete={(value) => void submit(value)}
          disabled={busy}
          aria-label={t('code')}
        />
        {problem && (isRefusal(problem) ? (
          <Text c="var(--c-urgent)" size="sm" role="alert">
            {t('wrongCode')}
          </Text>
        ) : (
          <ProblemNotice problem={problem} />
        ))}
        <Button type="submit" size="md" loading={busy} disabled={code.length < CODE_LENGTH}>
          {t('verify')}
        </Button>
        <Button variant="subtle" onClick={onStartOver}>
          {t('startOver')}
        </Button>
      </Stack>
    </form>
  )
}
