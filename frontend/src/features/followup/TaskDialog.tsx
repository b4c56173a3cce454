import { Button, Group, Modal, Radio, SegmentedControl, Select, Stack, Textarea, TextInput } from '@mantine/core'
import { type FormEvent, type KeyboardEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useMembers } from '@/api/cases'
import { type FollowUpTask, useResults, useTaskActions } from '@/api/followup'
import { formatDate, formatDateTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './FollowUp.module.css'
import { CHOICES, type Choice, emptyResult, needsReason, needsWords, REASONS, resultBody, resultGaps } from './result'
import { TaskState } from './TaskState'

type Act = 'result' | 'change' | 'handOver'

/** One task: what became of it, whose it is, or who takes it over. Each by itself, by keyboard. */
export function TaskDialog({ task, onClose }: { task: FollowUpTask; onClose: () => void }) {
  const { t } = useTranslation('followup')
  const [act, setAct] = useState<Act>('result')
  const isDone = task.state === 'done'
  return (
    <Modal opened onClose={onClose} title={t('dialog.title')} size="lg">
      <Stack gap="sm">
        <div>
          <p className={classes.whole}>{task.text}</p>
          <p className={classes.dim}>
            {[task.case.title, task.decided_at && t('decided', { when: formatDate(task.decided_at) }), t('due', { when: formatDate(task.due) }), task.owner.display_name].filter(Boolean).join(' · ')}
          </p>
          <TaskState task={task} />
        </div>
        {task.results_count > 0 && <History task={task} />}
        {task.may_record && !task.handed_over_to && (
          <>
            {!isDone && (
              <SegmentedControl aria-label={t('dialog.act')} value={act} onChange={(value) => setAct(value as Act)} data={(['result', 'change', 'handOver'] as const).map((value) => ({ value, label: t(`dialog.${value}`) }))} />
            )}
            {act === 'result' && <ResultForm task={task} onDone={onClose} />}
            {act === 'change' && !isDone && <ChangeForm task={task} onDone={onClose} />}
            {act === 'handOver' && !isDone && <HandOverForm task={task} onDone={onClose} />}
          </>
        )}
        {!task.may_record && <p className={classes.dim}>{t('dialog.notYours', { who: task.owner.display_name })}</p>}
      </Stack>
    </Modal>
  )
}

interface FormProps {
  task: FollowUpTask
  onDone: () => void
}

function ResultForm({ task, onDone }: FormProps) {
  const { t } = useTranslation('followup')
  const { record } = useTaskActions(task)
  const [draft, setDraft] = useState(emptyResult)
  const [wasTried, setTried] = useState(false)
  const [key] = useState(() => crypto.randomUUID())
  const gaps = resultGaps(draft)
  const corrects = task.state === 'done' ? task.result?.id : undefined
  const send = () => {
    setTried(true)
    if (gaps.length === 0) record.mutate({ body: resultBody(draft, corrects), key }, { onSuccess: onDone })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send()
  }
  const onKeys = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send()
  }
  const missing = (gap: (typeof gaps)[number]) => (wasTried && gaps.includes(gap) ? t(`gap.${gap}`) : undefined)
  return (
    <form onSubmit={submit} onKeyDown={onKeys} aria-label={t('dialog.result')}>
      <Stack gap="sm">
        <Radio.Group label={corrects ? t('dialog.correct') : t('dialog.what')} value={draft.choice ?? ''} onChange={(value) => setDraft({ ...draft, choice: value as Choice })} error={missing('choice')}>
          <Stack gap={6} mt={6}>
            {CHOICES.map((value, place) => (
              <Radio key={value} value={value} label={t(`choice.${value}`)} data-autofocus={place === 0 || undefined} />
            ))}
          </Stack>
        </Radio.Group>
        {needsReason(draft.choice) && (
          <Select label={t('dialog.why')} description={t('dialog.whyHint')} searchable value={draft.reason} onChange={(reason) => setDraft({ ...draft, reason })} error={missing('reason')} data={REASONS.map((value) => ({ value, label: t(`reason.${value}`) }))} />
        )}
        <Textarea label={needsWords(draft.reason) && needsReason(draft.choice) ? t('dialog.textNeeded') : t('dialog.text')} autosize minRows={2} maxRows={6} maxLength={5000} value={draft.text} onChange={(event) => setDraft({ ...draft, text: event.currentTarget.value })} error={missing('text')} />
        {record.error && <ProblemNotice problem={record.error} />}
        <Group justify="flex-end">
          <span className={classes.dim}>{t('dialog.keys')}</span>
          <Button type="submit" loading={record.isPending}>
            {corrects ? t('dialog.saveCorrection') : t('dialog.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function ChangeForm({ task, onDone }: FormProps) {
  const { t } = useTranslation('followup')
  const { change } = useTaskActions(task)
  const people = useCasePeople(task.case.id)
  const [owner, setOwner] = useState<string | null>(task.owner.id)
  const [due, setDue] = useState(task.due)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate({ ...(owner && owner !== task.owner.id ? { owner } : {}), ...(due !== task.due ? { due } : {}) }, { onSuccess: onDone })
  }
  return (
    <form onSubmit={submit} aria-label={t('dialog.change')}>
      <Stack gap="sm">
        <Select label={t('owner')} searchable allowDeselect={false} value={owner} onChange={setOwner} data={people} />
        <TextInput type="date" label={t('dueDay')} required value={due} onChange={(event) => setDue(event.currentTarget.value)} />
        {change.error && <ProblemNotice problem={change.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={change.isPending}>
            {t('common:action.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function HandOverForm({ task, onDone }: FormProps) {
  const { t } = useTranslation('followup')
  const { handOver } = useTaskActions(task)
  const [to, setTo] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    handOver.mutate(to, { onSuccess: onDone })
  }
  return (
    <form onSubmit={submit} aria-label={t('dialog.handOver')}>
      <Stack gap="sm">
        <TextInput label={t('dialog.to')} description={t('dialog.toHint')} required maxLength={200} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
        {handOver.error && <ProblemNotice problem={handOver.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={handOver.isPending}>
            {t('dialog.handOver')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Everything that was ever said, with who and when; what a correction replaced stays readable. */
function History({ task }: { task: FollowUpTask }) {
  const { t } = useTranslation('followup')
  const results = useResults(task.id, true)
  if (results.error) return <ProblemNotice problem={results.error} onRetry={() => void results.refetch()} />
  return (
    <ol className={classes.history} aria-label={t('dialog.history')}>
      {(results.data ?? []).map((one) => (
        <li key={one.id}>
          {[one.supersedes && t('dialog.correction'), t(`choice.${one.implementation || one.follow_up_status}`), one.reason_code && t(`reason.${one.reason_code}`), one.text].filter(Boolean).join(' · ')}{' '}
          <span className={classes.dim}>{[one.author?.display_name, formatDateTime(one.created_at)].filter(Boolean).join(', ')}</span>
        </li>
      ))}
    </ol>
  )
}

/** Whoever is in the case, once each. */
export function useCasePeople(caseId: string): { value: string; label: string }[] {
  const members = useMembers(caseId)
  return [...new Map((members.data ?? []).map(({ user }) => [user.id, { value: user.id, label: user.display_name }])).values()]
}
