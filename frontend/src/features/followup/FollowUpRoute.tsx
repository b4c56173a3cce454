import { SegmentedControl, Select } from '@mantine/core'
import { IconChecklist } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useBoards } from '@/api/boards'
import { type FollowUpTask, type TaskFilters, useFollowUpTasks } from '@/api/followup'
import { type Column, DataTable } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatDate, formatPatientName } from '@/ui/format'
import { Screen, Section } from '@/ui/Screen'

import classes from './FollowUp.module.css'
import { TaskDialog } from './TaskDialog'
import { TaskReason, TaskState } from './TaskState'

type Span = 'overdue' | 'open' | 'all'
type Whose = 'all' | 'mine'

const SPANS: Record<Span, TaskFilters> = { overdue: { overdue: true }, open: { unfinished: true }, all: {} }

/** What was recommended, what happened, and why not. */
export default function FollowUpRoute() {
  const { t } = useTranslation('followup')
  const boards = useBoards()
  const [board, setBoard] = useState<string | null>(null)
  const [span, setSpan] = useState<Span>('open')
  const [whose, setWhose] = useState<Whose>('all')
  const [opened, setOpened] = useState<string | null>(null)
  const tasks = useFollowUpTasks({ ...SPANS[span], ...(board ? { board } : {}), ...(whose === 'mine' ? { mine: true } : {}) })
  const task = tasks.data?.find(({ id }) => id === opened)
  return (
    <Screen title={t('title')} lead={t('lead')}>
      <div className={classes.filters}>
        <SegmentedControl aria-label={t('span.label')} value={span} onChange={(value) => setSpan(value as Span)} data={(['overdue', 'open', 'all'] as const).map((value) => ({ value, label: t(`span.${value}`) }))} />
        <SegmentedControl aria-label={t('whose.label')} value={whose} onChange={(value) => setWhose(value as Whose)} data={(['all', 'mine'] as const).map((value) => ({ value, label: t(`whose.${value}`) }))} />
        <Select aria-label={t('board')} placeholder={t('allBoards')} clearable w={220} value={board} onChange={setBoard} data={(boards.data ?? []).map(({ id, name }) => ({ value: id, label: name }))} />
      </div>
      <Section title={t(`span.${span}`)} count={tasks.data?.length}>
        <DataTable
          label={t('title')}
          columns={useColumns()}
          rows={tasks.data}
          rowKey={({ id }) => id}
          problem={tasks.error}
          onRetry={() => void tasks.refetch()}
          onOpen={({ id }) => setOpened(id)}
          keysEnabled={!task}
          empty={<EmptyState icon={IconChecklist} title={t(`empty.${span}`)} hint={t('emptyHint')} />}
        />
      </Section>
      {task && <TaskDialog task={task} onClose={() => setOpened(null)} />}
    </Screen>
  )
}

function useColumns(): Column<FollowUpTask>[] {
  const { t } = useTranslation('followup')
  return [
    {
      id: 'due',
      header: t('dueDay'),
      width: 110,
      figures: true,
      render: ({ due }) => <span className={classes.due}>{formatDate(due)}</span>,
    },
    {
      id: 'case',
      header: t('case'),
      width: 220,
      render: (task) => (
        <div className={classes.case}>
          <Link to={`/cases/${task.case.id}#follow-up`} className={classes.link} onClick={(event) => event.stopPropagation()}>
            {formatPatientName(task.case.patient_name)}
          </Link>
          <div className={classes.dim}>{[task.case.title, task.board?.name].filter(Boolean).join(' · ')}</div>
        </div>
      ),
    },
    {
      id: 'text',
      header: t('recommended'),
      grow: true,
      render: (task) => (
        <>
          <div className={classes.text}>{task.text}</div>
          <div className={classes.dim}>{task.kind === 'incidental' ? t('incidental.kind') : t('afterDays', { count: task.after_days ?? 0 })}</div>
        </>
      ),
    },
    {
      id: 'owner',
      header: t('owner'),
      width: 170,
      from: 'medium',
      render: (task) => (
        <div className={classes.owner}>
          {task.owner.display_name}
          {task.owner_left && <div className={classes.dim}>{t('ownerLeft')}</div>}
        </div>
      ),
    },
    {
      id: 'state',
      header: t('happened'),
      width: 250,
      render: (task) => (
        <>
          <TaskState task={task} />
          <div className={classes.dim}>
            <TaskReason task={task} />
          </div>
        </>
      ),
    },
  ]
}
