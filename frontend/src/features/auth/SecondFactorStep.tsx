import { Button, PinInput, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { asProblem, type Problem } from '@/api/problem'
import { answerSecondFactor, isRefusal, type SignInOutcome } from '@/api/session'
import { ProblemNotice } from '@/ui/ProblemNotice'

/** A code of the app has six digits, a recovery code eight. */
const LENGTHS = { app: 6, recovery: 8 } as const
type Source = keyof typeof LENGTHS

interface SecondFactorStepProps {
  onOutcome: (outcome: SignInOutcome) => void
  onStartOver: () => void
}

/** The code from the phone, or one that was kept for the day when the phone is not there. */
export function SecondFactorStep({ onOutcome, onStartOver }: SecondFactorStepProps) {
  const { t } = useTranslation('auth')
  const [source, setSource] = useState<Source>('app')
  const [code, setCode] = useState('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const isRecovery = source === 'recovery'
  const submit = async (value: string) => {
    if (value.length < LENGTHS[source]) return
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
  const change = (next: Source) => {
    setSource(next)
    setCode('')
    setProblem(null)
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void submit(code)
      }}
    >
      <Stack gap="sm">
        {isRecovery ? (
          <TextInput
            label={t('recoveryCode')}
            description={t('recoveryCodeHint')}
            inputMode="numeric"
            autoComplete="off"
            autoFocus
            size="md"
            value={code}
            onChange={(event) => setCode(event.currentTarget.value.replace(/\D/g, '').slice(0, LENGTHS.recovery))}
          />
        ) : (
          <>
            <div>
              <Text fw={500}>{t('code')}</Text>
              <Text c="dimmed" size="sm">
                {t('codeHint')}
              </Text>
            </div>
            <PinInput
              length={LENGTHS.app}
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
          </>
        )}
        {problem &&
          (isRefusal(problem) ? (
            <Text c="var(--c-urgent)" size="sm" role="alert">
              {isRecovery ? t('wrongRecoveryCode') : t('wrongCode')}
            </Text>
          ) : (
            <ProblemNotice problem={problem} />
          ))}
        <Button type="submit" size="md" loading={busy} disabled={code.length < LENGTHS[source]}>
          {t('verify')}
        </Button>
        <Button variant="subtle" onClick={() => change(isRecovery ? 'app' : 'recovery')}>
          {isRecovery ? t('useApp') : t('useRecovery')}
        </Button>
        <Button variant="subtle" onClick={onStartOver}>
          {t('startOver')}
        </Button>
      </Stack>
    </form>
  )
}
