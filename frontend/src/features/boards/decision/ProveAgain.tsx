import { Button, Group, PasswordInput, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { asProblem, type Problem } from '@/api/problem'
import { isRefusal, proveByCode, proveByPassword } from '@/api/session'
import { ProblemNotice } from '@/ui/ProblemNotice'

type Way = 'password' | 'code'

interface ProveAgainProps {
  ways: readonly Way[]
  onProven: () => void
}

/** Who signs, said once more; it holds for ten minutes and leaves the page as it is. */
export function ProveAgain({ ways, onProven }: ProveAgainProps) {
  const { t } = useTranslation('decisions')
  const [way, setWay] = useState<Way>(ways[0] ?? 'password')
  const [secret, setSecret] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  if (ways.length === 0) return <Text role="alert">{t('prove.noWay')}</Text>
  const prove = async () => {
    if (!secret) return
    setBusy(true)
    setProblem(null)
    try {
      await (way === 'password' ? proveByPassword(secret) : proveByCode(secret.trim()))
      onProven()
    } catch (error) {
      setProblem(asProblem(error))
    } finally {
      setSecret('')
      setBusy(false)
    }
  }
  const change = (value: string) => {
    setSecret(value)
    setProblem(null)
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        event.stopPropagation()
        void prove()
      }}
    >
      <Stack gap="xs">
        <Text size="sm">{t('prove.text')}</Text>
        {ways.length > 1 && (
          <SegmentedControl size="xs" aria-label={t('prove.way')} value={way} onChange={(value) => setWay(value as Way)} data={ways.map((value) => ({ value, label: t(`prove.${value}`) }))} />
        )}
        <Group align="flex-end" gap={8}>
          {way === 'password' ? (
            <PasswordInput flex={1} label={t('prove.password')} autoComplete="current-password" autoFocus value={secret} onChange={(event) => change(event.currentTarget.value)} />
          ) : (
            <TextInput flex={1} label={t('prove.code')} inputMode="numeric" autoComplete="one-time-code" autoFocus value={secret} onChange={(event) => change(event.currentTarget.value)} />
          )}
          <Button type="submit" variant="default" loading={busy} disabled={!secret}>
            {t('prove.go')}
          </Button>
        </Group>
        {problem &&
          (isRefusal(problem) ? (
            <Text c="var(--c-urgent)" size="sm" role="alert">
              {t('prove.wrong')}
            </Text>
          ) : (
            <ProblemNotice problem={problem} />
          ))}
      </Stack>
    </form>
  )
}

/** The ways a refusal names, where it is one that asks who signs; null for any other problem. */
export function waysOf(problem: unknown): readonly Way[] | null {
  if (problem === null || problem === undefined) return null
  const { code, details } = asProblem(problem)
  if (code !== 'sign_in_again') return null
  const ways = Array.isArray(details.ways) ? (details.ways as unknown[]) : []
  return ways.filter((one): one is Way => one === 'password' || one === 'code')
}
