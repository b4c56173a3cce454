import { Button } from '@mantine/core'
import { IconCalendarOff, IconChecks, IconFlagOff, IconPlayerPlayFilled, IconSparkles } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useMeetings } from '@/api/boards'
import { useCases } from '@/api/cases'
import type { CaseListEntry, Meeting } from '@/api/types'
import { SigningLink } from '@/features/boards/decision/SigningNotice'
import { FollowUpsDue } from '@/features/followup/FollowUpsDue'
import { Chip } from '@/ui/Chip'
import { CaseAiMark, ImagesMeter, UrgencyChip } from '@/ui/clinical'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatDay, formatMonth, formatPatientName, formatRelative, formatTime, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import classes from './Home.module.css'
import { WaitingViews } from './WaitingViews'
import { bySoonest, isPressing, nextMeetings, type PreparationGap, preparationGap } from './waiting'

const SHOWN = 8

export default function HomeRoute() {
  const { t } = useTranslation('home')
  const cases = useCases()
  const meetings = useMeetings()
  const upcoming = nextMeetings(meetings.data ?? [])
  const [next] = upcoming
  const toReview = (cases.data ?? []).filter((entry) => (entry.findings_unreviewed ?? 0) > 0)
  const toPrepare = (cases.data ?? []).filter((entry) => preparationGap(entry) !== null)
  const pressing = (cases.data ?? []).filter((entry) => isPressing(entry)).sort(bySoonest)
  return (
    <Screen
      title={t('title')}
      lead={formatDay(new Date())}
      actions={
        <>
          <SigningLink />
          {next && (
            <Button component={Link} to={`/meetings/${next.id}`} leftSection={<IconPlayerPlayFilled size={15} aria-hidden />}>
              {t('next')}
            </Button>
          )}
        </>
      }
    >
      <div className={classes.grid}>
        <div className={classes.column}>
          <Section title={t('meetings')} count={meetings.data && upcoming.length}>
            <Rows query={meetings} rows={upcoming} render={(meeting) => <MeetingRow meeting={meeting} />} empty={<EmptyState compact icon={IconCalendarOff} title={t('noMeetings')} hint={t('noMeetingsHint')} />} />
          </Section>
          <Section title={t('prepare')} count={cases.data && toPrepare.length}>
            <Rows query={cases} rows={toPrepare} render={(entry) => <PrepareRow entry={entry} />} empty={<EmptyState compact icon={IconChecks} title={t('nothingToPrepare')} hint={t('nothingToPrepareHint')} />} />
          </Section>
        </div>
        <div className={classes.column}>
          <FollowUpsDue />
          <WaitingViews cases={cases.data ?? []} />
          <Section title={t('review')} count={cases.data && toReview.length}>
            <Rows query={cases} rows={toReview} render={(entry) => <ReviewRow entry={entry} />} empty={<EmptyState compact icon={IconSparkles} title={t('nothingToReview')} hint={t('nothingToReviewHint')} />} />
          </Section>
          <Section title={t('discuss')} count={cases.data && pressing.length}>
            <Rows query={cases} rows={pressing} render={(entry) => <PressingRow entry={entry} />} empty={<EmptyState compact icon={IconFlagOff} title={t('nothingUrgent')} hint={t('nothingUrgentHint')} />} />
          </Section>
        </div>
      </div>
    </Screen>
  )
}

interface RowsProps<Row> {
  query: { data?: unknown; error: unknown; refetch: () => unknown }
  rows: Row[]
  render: (row: Row) => ReactNode
  empty: ReactNode
}

function Rows<Row extends { id: string }>({ query, rows, render, empty }: RowsProps<Row>) {
  const { t } = useTranslation()
  if (query.error && !query.data) {
    return (
      <div style={{ padding: 12 }}>
        <ProblemNotice problem={query.error} onRetry={() => void query.refetch()} />
      </div>
    )
  }
  if (!query.data) return <LoadingRows label={t('list.loading')} rows={3} />
  if (rows.length === 0) return <>{empty}</>
  return (
    <ul className={classes.list}>
      {rows.slice(0, SHOWN).map((row) => (
        <li key={row.id} className={classes.item}>
          {render(row)}
        </li>
      ))}
    </ul>
  )
}

function MeetingRow({ meeting }: { meeting: Meeting }) {
  const { t } = useTranslation('home')
  const starts = new Date(meeting.starts_at)
  const today = starts.toDateString() === new Date().toDateString()
  return (
    <Link to={`/meetings/${meeting.id}`} className={classes.link}>
      <span className={`${classes.date} ${today ? classes.today : ''}`} aria-hidden>
        <span>
          <div className={classes.day}>{starts.getDate()}</div>
          <div className={classes.month}>{formatMonth(starts)}</div>
        </span>
      </span>
      <span className={classes.body}>
        <div className={classes.title}>{meeting.board.name}</div>
        <div className={classes.detail}>
          {[`${formatDay(starts)}, ${formatTime(meeting.starts_at)}`, meeting.room, t('cases', { count: meeting.case_count })]
            .filter(Boolean)
            .join(' · ')}
        </div>
      </span>
      <span className={classes.end}>
        {meeting.status === 'open' ? (
          <Chip tone="ok" icon={<IconPlayerPlayFilled size={11} aria-hidden />}>
            {t('inSession')}
          </Chip>
        ) : (
          <span className={classes.dim}>{formatRelative(meeting.starts_at)}</span>
        )}
      </span>
    </Link>
  )
}

function CaseBody({ entry, detail }: { entry: CaseListEntry; detail: string }) {
  return (
    <span className={classes.body}>
      <div className={classes.title}>{entry.title}</div>
      <div className={classes.detail}>
        {formatPatientName(entry.patient.name)} · {detail}
      </div>
    </span>
  )
}

function useGapText(gap: PreparationGap | null): string {
  const { t } = useTranslation('home')
  return gap ? t(`reason.${gap.kind}`, { ...gap }) : ''
}

function PrepareRow({ entry }: { entry: CaseListEntry }) {
  const gap = useGapText(preparationGap(entry))
  return (
    <Link to={`/cases/${entry.id}`} className={classes.link}>
      <CaseBody entry={entry} detail={gap} />
      <span className={classes.end}>
        <UrgencyChip urgency={entry.urgency} reason={entry.urgency_reason} />
        <ImagesMeter images={entry.images} />
      </span>
    </Link>
  )
}

function ReviewRow({ entry }: { entry: CaseListEntry }) {
  return (
    <Link to={`/findings?case=${entry.id}`} className={classes.link}>
      <CaseBody entry={entry} detail={wordFor('tumourType', entry.tumour_type)} />
      <span className={classes.end}>
        <CaseAiMark entry={entry} />
      </span>
    </Link>
  )
}

function PressingRow({ entry }: { entry: CaseListEntry }) {
  const { t } = useTranslation('home')
  const due = entry.needed_by ? t('neededBy', { when: formatRelative(entry.needed_by) }) : entry.urgency_reason
  return (
    <Link to={`/cases/${entry.id}`} className={classes.link}>
      <CaseBody entry={entry} detail={due || wordFor('caseStatus', entry.status)} />
      <span className={classes.end}>
        <UrgencyChip urgency={entry.urgency} reason={entry.urgency_reason} />
      </span>
    </Link>
  )
}
