import { ActionIcon, Checkbox, Tooltip } from '@mantine/core'
import { IconPhoto } from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { Link } from 'react-router-dom'

import type { CaseListEntry } from '@/api/types'
import { ReadinessCell } from '@/features/readiness/ReadinessCell'
import { AiUrgencyChip, AiUrgencyLine } from '@/ui/AiUrgency'
import { Chip, type Tone } from '@/ui/Chip'
import { CaseAiMark, GuiseChip, ImagesMeter, PatientLine, UrgencyChip } from '@/ui/clinical'
import type { Column } from '@/ui/DataTable'
import type { Density } from '@/ui/preferences'
import { formatDate, formatRelative, formatTime, wordFor } from '@/ui/format'

import classes from './Worklist.module.css'

const STATUS_TONES: Record<string, Tone> = {
  needs_info: 'warning',
  ready: 'ok',
  scheduled: 'accent',
  decided: 'ok',
  deferred: 'warning',
}

export const statusTone = (status: string): Tone => STATUS_TONES[status] ?? 'neutral'

/** Which cases are chosen for what is done to several at once. */
export interface Selection {
  chosen: ReadonlySet<string>
  toggle: (caseId: string) => void
}

/** The worklist's columns, widest first to go when the screen narrows. */
export function worklistColumns(t: TFunction<'worklist'>, density: Density, selection?: Selection): Column<CaseListEntry>[] {
  const roomy = density === 'comfortable'
  return [
    ...(selection
      ? [
          {
            id: 'select',
            header: t('readiness:bulk.group'),
            hideHeader: true,
            width: 36,
            render: (entry: CaseListEntry) => (
              <Checkbox
                size="md"
                checked={selection.chosen.has(entry.id)}
                aria-label={t('readiness:bulk.select', { title: entry.title })}
                onClick={(event) => event.stopPropagation()}
                onChange={() => selection.toggle(entry.id)}
              />
            ),
          },
        ]
      : []),
    {
      id: 'case',
      header: t('column.case'),
      grow: true,
      render: (entry) => (
        <div className={classes.case}>
          <Link to={`/cases/${entry.id}`} className={classes.title} onClick={(event) => event.stopPropagation()}>
            <span className={classes.titleText}>{entry.title}</span>
            <UrgencyChip urgency={entry.urgency} reason={entry.urgency_reason} />
            <AiUrgencyChip urgency={entry.ai_urgency} />
          </Link>
          {roomy && <div className={classes.question}>{entry.clinical_question}</div>}
          {roomy && <AiUrgencyLine urgency={entry.ai_urgency} />}
        </div>
      ),
    },
    {
      id: 'patient',
      header: t('column.patient'),
      render: (entry) => (
        <div className={classes.nowrap}>
          {entry.guise === 'deidentified' ? <GuiseChip guise={entry.guise} /> : <PatientLine patient={entry.patient} stacked={roomy} />}
        </div>
      ),
    },
    { id: 'tumour', header: t('column.tumour'), from: 'wide', render: (entry) => wordFor('tumourType', entry.tumour_type) },
    {
      id: 'status',
      header: t('column.status'),
      render: (entry) => <Chip tone={statusTone(entry.status)}>{wordFor('caseStatus', entry.status)}</Chip>,
    },
    { id: 'readiness', header: t('readiness:column'), from: 'medium', render: (entry) => <ReadinessCell readiness={entry.readiness} roomy={roomy} /> },
    { id: 'images', header: t('column.images'), figures: true, render: (entry) => <ImagesMeter images={entry.images} /> },
    {
      id: 'ai',
      header: t('column.ai'),
      render: (entry) => <CaseAiMark entry={entry} />,
    },
    {
      id: 'meeting',
      figures: true,
      header: t('column.meeting'),
      from: 'medium',
      render: (entry) =>
        entry.next_meeting ? (
          <div className={`${classes.meeting} ${classes.nowrap}`}>
            <div>{formatDate(entry.next_meeting.starts_at)}{roomy ? '' : ` · ${entry.next_meeting.board}`}</div>
            {roomy && (
              <div className={classes.dim}>
                {formatTime(entry.next_meeting.starts_at)} · {entry.next_meeting.board}
              </div>
            )}
          </div>
        ) : (
          <span className={classes.dim}>{t('notScheduled')}</span>
        ),
    },
    {
      id: 'needed',
      figures: true,
      header: t('column.needed'),
      from: 'wide',
      render: (entry) => <span className={classes.nowrap}>{formatDate(entry.needed_by)}</span>,
    },
    {
      id: 'updated',
      header: t('column.updated'),
      from: 'wide',
      render: (entry) => <span className={`${classes.dim} ${classes.nowrap}`}>{formatRelative(entry.updated_at)}</span>,
    },
    {
      id: 'open',
      header: t('column.open'),
      hideHeader: true,
      width: 44,
      align: 'end',
      render: (entry) => (
        <Tooltip label={t('openImages', { title: entry.title })}>
          <ActionIcon
            component={Link}
            to={`/cases/${entry.id}/view`}
            variant="subtle"
            color="gray"
            aria-label={t('openImages', { title: entry.title })}
            data-disabled={entry.images.ready === 0 || undefined}
            onClick={(event: React.MouseEvent) => event.stopPropagation()}
          >
            <IconPhoto size={17} aria-hidden />
          </ActionIcon>
        </Tooltip>
      ),
    },
  ]
}
