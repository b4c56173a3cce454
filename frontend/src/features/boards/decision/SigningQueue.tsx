import { Button, Checkbox, Group, Stack, Text } from '@mantine/core'
import { IconChecks, IconSignature } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type Read, useDecisionText, useSign, useSigning, useWaitingDecisions } from '@/api/boards'
import type { WaitingDecision } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { PatientLine } from '@/ui/clinical'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatDate, formatPatientName, formatTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { useListKeys } from '@/ui/useListKeys'

import { ProveAgain, waysOf } from './ProveAgain'
import { SignedText } from './SignedText'
import own from './decision.module.css'

/** Everything that waits for this chair. Each text is shown before it can be marked for signature. */
export function SigningQueue({ narrow = false }: { narrow?: boolean }) {
  const { t } = useTranslation('decisions')
  const waiting = useWaitingDecisions()
  const signing = useSigning()
  const { many } = useSign()
  const [shownId, setShownId] = useState<string | null>(null)
  const [read, setRead] = useState<Record<string, Read>>({})
  const entries = waiting.data ?? []
  const shown = entries.find(({ id }) => id === shownId) ?? entries[0] ?? null
  useListKeys({ count: entries.length, onSelect: (index) => setShownId(entries[index]?.id ?? null), enabled: !narrow })
  if (waiting.error) return <ProblemNotice problem={waiting.error} onRetry={() => void waiting.refetch()} />
  if (!waiting.data) return <LoadingRows label={t('common:list.loading')} rows={4} />
  const marked = entries.flatMap(({ id }) => (read[id] ? [read[id]] : []))
  const mark = (id: string, text: Read | null) => {
    const others = Object.fromEntries(Object.entries(read).filter(([key]) => key !== id))
    setRead(text ? { ...others, [id]: { id, version: text.version, digest: text.digest } } : others)
  }
  // Whatever was refused is read again before it can be signed.
  const sign = () => many.mutate(marked, { onSuccess: () => setRead({}) })
  const ways = waysOf(many.error)
  const provenUntil = signing.data?.proven_until
  return (
    <Stack gap="sm">
      <Outcome outcome={many.data} entries={entries} />
      {shown === null ? (
        <EmptyState icon={IconChecks} title={t('queue.empty')} hint={t('queue.emptyHint')} />
      ) : (
        <>
          <div className={narrow ? own.queueNarrow : own.queue}>
            <ul className={own.waiting} aria-label={t('queue.title')}>
              {entries.map((entry) => (
                <li key={entry.id}>
                  <button type="button" aria-current={entry.id === shown.id} onClick={() => setShownId(entry.id)}>
                    <strong>{formatPatientName(entry.patient.name)}</strong>
                    <span>{entry.title}</span>
                    <span className={own.facts}>
                      {entry.meeting && `${entry.meeting.board.name}, ${formatDate(entry.meeting.starts_at)}`}
                      {entry.dissents > 0 && <Chip tone="warning">{t('boards:decision.dissents', { count: entry.dissents })}</Chip>}
                      {read[entry.id] && <Chip tone="ok">{t('queue.marked')}</Chip>}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
            <ToRead key={shown.id} entry={shown} read={read[shown.id]} onMark={(text) => mark(shown.id, text)} />
          </div>
          {ways !== null ? (
            <ProveAgain
              ways={ways}
              onProven={() => {
                void signing.refetch()
                sign()
              }}
            />
          ) : (
            many.error && <ProblemNotice problem={many.error} />
          )}
          <Group justify="space-between">
            <Text size="sm" c="dimmed">
              {provenUntil ? t('queue.provenUntil', { when: formatTime(provenUntil) }) : t('queue.proveFirst')}
            </Text>
            <Button leftSection={<IconSignature size={16} aria-hidden />} disabled={marked.length === 0} loading={many.isPending} onClick={sign}>
              {t('queue.sign', { count: marked.length })}
            </Button>
          </Group>
        </>
      )}
    </Stack>
  )
}

interface ToReadProps {
  entry: WaitingDecision
  read: Read | undefined
  onMark: (text: Read | null) => void
}

/** The text, and that it was read. A newer one takes the mark away. */
function ToRead({ entry, read, onMark }: ToReadProps) {
  const { t } = useTranslation('decisions')
  const text = useDecisionText(entry.id)
  if (text.error) return <ProblemNotice problem={text.error} onRetry={() => void text.refetch()} />
  if (!text.data) return <LoadingRows label={t('common:list.loading')} rows={5} />
  const isSame = read !== undefined && read.digest === text.data.digest && read.version === text.data.version
  return (
    <Stack gap="sm">
      <PatientLine patient={entry.patient} />
      <SignedText text={text.data} />
      {entry.blocked_by ? (
        <Text role="status">{t(`blocked.${entry.blocked_by}`)}</Text>
      ) : (
        <Checkbox
          label={t('queue.haveRead', { name: formatPatientName(entry.patient.name) })}
          checked={isSame}
          onChange={(event) => onMark(event.currentTarget.checked ? text.data : null)}
        />
      )}
    </Stack>
  )
}

interface OutcomeProps {
  outcome: { signed: readonly string[]; refused: readonly { id: string; code: string; detail: string }[] } | undefined
  entries: readonly WaitingDecision[]
}

/** How many were signed, and of each that was not, why. */
function Outcome({ outcome, entries }: OutcomeProps) {
  const { t } = useTranslation('decisions')
  if (!outcome) return null
  const nameOf = (id: string) => {
    const entry = entries.find((one) => one.id === id)
    return entry ? formatPatientName(entry.patient.name) : t('queue.gone')
  }
  return (
    <div role="status">
      <Text>{t('queue.signed', { count: outcome.signed.length })}</Text>
      {outcome.refused.length > 0 && (
        <ul>
          {outcome.refused.map(({ id, code, detail }) => (
            <li key={id}>
              {nameOf(id)}: {t(`refused.${code}`, { defaultValue: detail })}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
