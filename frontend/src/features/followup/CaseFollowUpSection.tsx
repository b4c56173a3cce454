import { Button } from '@mantine/core'
import { IconChecklist, IconLock, IconPencil } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type CaseFollowUp, type FollowUpTask, useCaseFollowUp, useCaseFollowUpActions } from '@/api/followup'
import type { CaseDetail } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatDate } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './FollowUp.module.css'
import { IncidentalList } from './IncidentalList'
import { OutcomeDialog } from './OutcomeDialog'
import { PresentationRows } from './PresentationRows'
import { TaskDialog } from './TaskDialog'
import { TaskReason, TaskState } from './TaskState'

/** What became of what was recommended, on the page of the case. */
export function CaseFollowUpSection({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('followup')
  const isVisible = entry.can.includes('view_identified')
  const found = useCaseFollowUp(entry.id, isVisible)
  if (!isVisible) return null
  const { data } = found
  const isEmpty = data && data.tasks.length === 0 && data.decisions.length === 0 && data.incidental.length === 0 && data.accepted.length === 0
  return (
    <Section title={t('section.title')} count={data?.tasks.length} id="follow-up">
      {found.error && !data && <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} />}
      {!data && !found.error && <LoadingRows label={t('common:list.loading')} rows={2} />}
      {data?.ai_hidden && <p className={classes.note}>{t('section.aiHidden')}</p>}
      {isEmpty && <EmptyState compact icon={IconChecklist} title={t('section.empty')} hint={t('section.emptyHint')} />}
      {data && !isEmpty && (
        <>
          <Tasks tasks={data.tasks} />
          <Outcomes entry={entry} found={data} />
          <IncidentalList entry={entry} found={data} />
          <PresentationRows entry={entry} found={data} />
          {entry.can.includes('edit') && <CloseCase entry={entry} found={data} />}
        </>
      )}
    </Section>
  )
}

function Tasks({ tasks }: { tasks: readonly FollowUpTask[] }) {
  const { t } = useTranslation('followup')
  const [opened, setOpened] = useState<string | null>(null)
  const task = tasks.find(({ id }) => id === opened)
  return (
    <ul className={classes.list} aria-label={t('section.tasks')}>
      {tasks.map((one) => (
        <li key={one.id} className={classes.row}>
          <span className={classes.body}>
            <div className={classes.text}>{one.text}</div>
            <div className={classes.dim}>{[t('due', { when: formatDate(one.due) }), one.owner.display_name].join(' · ')}</div>
            <div className={classes.dim}>
              <TaskReason task={one} />
            </div>
          </span>
          <TaskState task={one} />
          <Button size="xs" variant="default" onClick={() => setOpened(one.id)}>
            {one.may_record && !one.handed_over_to ? t('record') : t('common:action.open')}
            <span className="c-visually-hidden">: {one.text}</span>
          </Button>
        </li>
      ))}
      {task && <TaskDialog task={task} onClose={() => setOpened(null)} />}
    </ul>
  )
}

interface PartProps {
  entry: CaseDetail
  found: CaseFollowUp
}

function Outcomes({ entry, found }: PartProps) {
  const { t } = useTranslation('followup')
  const [opened, setOpened] = useState<string | null>(null)
  const decided = found.decisions.find(({ id }) => id === opened)
  return (
    <ul className={classes.list} aria-label={t('outcome.title')}>
      {found.decisions.map((one) => (
        <li key={one.id} className={classes.row}>
          <span className={classes.body}>
            <div>{t('outcome.of', { when: formatDate(one.signed_at) })}</div>
            <div className={classes.dim}>
              {one.outcome
                ? [
                    one.outcome.treatment_started_on && t('outcome.started', { kind: t(`treatment.${one.outcome.treatment_kind}`), when: formatDate(one.outcome.treatment_started_on) }),
                    one.outcome.text,
                    one.outcome.rereferred_case && t('outcome.rereferred'),
                  ]
                    .filter(Boolean)
                    .join(' · ') || t('outcome.none')
                : t('outcome.none')}
            </div>
          </span>
          <Button size="xs" variant="default" leftSection={<IconPencil size={14} aria-hidden />} onClick={() => setOpened(one.id)}>
            {t('outcome.write')}
          </Button>
        </li>
      ))}
      {decided && <OutcomeDialog entry={entry} found={found} decided={decided} onClose={() => setOpened(null)} />}
    </ul>
  )
}

/** The case closes when nothing is left; until then it says what is. */
function CloseCase({ entry, found }: PartProps) {
  const { t } = useTranslation('followup')
  const { close } = useCaseFollowUpActions(entry.id)
  if (!['decided', 'follow_up'].includes(entry.status)) return null
  return (
    <div className={classes.row}>
      <span className={`${classes.body} ${classes.dim}`}>{found.left.length > 0 ? found.left.map(({ code, count }) => t(`left.${code}`, { count })).join(' · ') : t('close.ready')}</span>
      <Button size="xs" variant="default" leftSection={<IconLock size={14} aria-hidden />} loading={close.isPending} disabled={!found.may_be_closed} onClick={() => close.mutate(entry.version)}>
        {t('close.act')}
      </Button>
      {close.error && <ProblemNotice problem={close.error} />}
    </div>
  )
}
