import { Button, Group, Modal, Select, Stack, Text, Textarea } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useMeetings } from '@/api/boards'
import { type Outcome, type TriageWish, useBulkActions } from '@/api/readiness'
import type { CaseListEntry } from '@/api/types'
import { runsBoard } from '@/features/boards/roles'
import { formatDateTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { isTyping } from '@/ui/useListKeys'

import classes from './Readiness.module.css'
import { DEFERRAL_REASONS } from './words'

type Act = 'schedule' | 'defer'
const KEYS: Record<string, Act | 'ready'> = { S: 'schedule', D: 'defer', R: 'ready' }

interface BulkBarProps {
  chosen: readonly CaseListEntry[]
  onClear: () => void
  /** The list's own keys rest while a dialog of ours is open. */
  onBusy: (isBusy: boolean) => void
}

/** What can be done with the selected cases at once; everything done here can be taken back. */
export function BulkBar({ chosen, onClear, onBusy }: BulkBarProps) {
  const { t } = useTranslation('readiness')
  const { triage, undo, schedule, takeOff } = useBulkActions()
  const [act, setAct] = useState<Act | null>(null)
  const [told, setTold] = useState<Outcome[]>([])
  const open = (next: Act | null) => {
    setAct(next)
    onBusy(next !== null)
  }
  const finish = (results: Outcome[], takeBack: (done: Outcome[]) => void) => {
    const done = results.filter((one) => one.code === '')
    setTold(results.filter((one) => one.code !== ''))
    open(null)
    if (done.length === 0) return
    onClear()
    const id = notifications.show({
      title: t('bulk.doneCount', { count: done.length }),
      message: (
        <Button
          size="compact-sm"
          variant="subtle"
          onClick={() => {
            notifications.hide(id)
            takeBack(done)
          }}
        >
          {t('common:action.undo')}
        </Button>
      ),
    })
  }
  const move = (wish: TriageWish) =>
    triage.mutate(
      { cases: chosen.map(({ id, version }) => ({ id, version })), wish },
      { onSuccess: ({ results }) => finish(results, (done) => undo.mutate(done.flatMap((one) => (one.move ? [one.move] : [])))) },
    )
  const put = (meeting: string, late_reason: string) =>
    schedule.mutate(
      { meeting, cases: chosen.map((entry) => entry.id), late_reason },
      { onSuccess: ({ results }) => finish(results, (done) => takeOff.mutate(done.flatMap((one) => (one.item ? [one.item] : [])))) },
    )
  const begin = (key: Act | 'ready') => (key === 'ready' ? move({ to: 'ready' }) : open(key))
  useEffect(() => {
    if (act !== null || chosen.length === 0) return
    const onKey = (event: KeyboardEvent) => {
      if (!event.shiftKey || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const key = KEYS[event.key]
      if (!key) return
      event.preventDefault()
      begin(key)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  })
  const problem = triage.error ?? undo.error ?? schedule.error ?? takeOff.error
  if (chosen.length === 0 && told.length === 0 && !problem) return null
  const reasons = [...new Set(told.map((one) => one.message))].join(' ')
  return (
    <>
      <div className={classes.selection} role="group" aria-label={t('bulk.group')} title={t('bulk.hint')}>
        {chosen.length > 0 && (
          <>
            <span aria-live="polite">{t('bulk.selected', { count: chosen.length })}</span>
            <Button size="compact-sm" onClick={() => open('schedule')}>
              {t('bulk.schedule')}
            </Button>
            <Button size="compact-sm" variant="default" onClick={() => open('defer')}>
              {t('bulk.defer')}
            </Button>
            <Button size="compact-sm" variant="default" loading={triage.isPending} onClick={() => begin('ready')}>
              {t('bulk.ready')}
            </Button>
            <Button size="compact-sm" variant="subtle" color="gray" onClick={onClear}>
              {t('bulk.clear')}
            </Button>
          </>
        )}
        {told.length > 0 && <span role="status">{t('bulk.refused', { count: told.length, why: reasons })}</span>}
        {problem && <ProblemNotice problem={problem} />}
      </div>
      {act === 'schedule' && <ScheduleDialog count={chosen.length} isPending={schedule.isPending} onSend={put} onClose={() => open(null)} />}
      {act === 'defer' && <DeferDialog count={chosen.length} isPending={triage.isPending} onSend={move} onClose={() => open(null)} />}
    </>
  )
}

interface DialogProps<Send> {
  count: number
  isPending: boolean
  onSend: Send
  onClose: () => void
}

function ScheduleDialog({ count, isPending, onSend, onClose }: DialogProps<(meeting: string, lateReason: string) => void>) {
  const { t } = useTranslation('readiness')
  const meetings = useMeetings()
  const [chosen, setChosen] = useState<string | null>(null)
  const [lateReason, setLateReason] = useState('')
  const coming = (meetings.data ?? []).filter(
    (meeting) => runsBoard(meeting.my_role) && (meeting.status === 'open' || (meeting.status === 'planned' && new Date(meeting.ends_at) > new Date())),
  )
  const meeting = chosen ?? coming[0]?.id ?? null
  return (
    <Modal opened onClose={onClose} title={t('bulk.scheduleTitle', { count })}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (meeting) onSend(meeting, lateReason)
        }}
      >
        <Stack gap="sm">
          {meetings.error && <ProblemNotice problem={meetings.error} />}
          <Select
            label={t('bulk.meeting')}
            data={coming.map((one) => ({ value: one.id, label: `${one.board.name}, ${formatDateTime(one.starts_at)}` }))}
            value={meeting}
            onChange={setChosen}
            required
            data-autofocus
          />
          <Textarea
            label={t('bulk.lateReason')}
            description={t('bulk.lateHint')}
            maxLength={300}
            autosize
            value={lateReason}
            onChange={(event) => setLateReason(event.currentTarget.value)}
          />
          <Buttons canSend={meeting !== null} isPending={isPending} onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  )
}

function DeferDialog({ count, isPending, onSend, onClose }: DialogProps<(wish: TriageWish) => void>) {
  const { t } = useTranslation('readiness')
  const [code, setCode] = useState<string | null>(null)
  const [reason, setReason] = useState('')
  const canSend = code !== null && (code !== 'other' || reason.trim() !== '')
  return (
    <Modal opened onClose={onClose} title={t('bulk.deferTitle', { count })}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (canSend) onSend({ to: 'deferred', reason_code: code, reason })
        }}
      >
        <Stack gap="sm">
          <Select
            label={t('triage.reasonCode')}
            data={DEFERRAL_REASONS.map((value) => ({ value, label: t(`reason.${value}`) }))}
            value={code}
            onChange={setCode}
            searchable
            required
            data-autofocus
          />
          <Textarea label={t('triage.reason')} required={code === 'other'} maxLength={500} autosize value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          <Text size="xs" c="dimmed">
            {t('bulk.hint')}
          </Text>
          <Buttons canSend={canSend} isPending={isPending} onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  )
}

function Buttons({ canSend, isPending, onClose }: { canSend: boolean; isPending: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onClose}>
        {t('common:action.cancel')}
      </Button>
      <Button type="submit" disabled={!canSend} loading={isPending}>
        {t('common:action.save')}
      </Button>
    </Group>
  )
}
