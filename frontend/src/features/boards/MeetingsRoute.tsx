import { Button, SegmentedControl, Select } from '@mantine/core'
import { Calendar } from '@mantine/dates'
import { IconCalendarOff, IconCalendarPlus, IconUsersGroup } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useBoards, useMeetings } from '@/api/boards'
import type { Meeting } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatDay } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import classes from './Boards.module.css'
import { BoardsSection } from './BoardsSection'
import { groupByDay, isPast, localDay } from './calendar'
import { MeetingRow } from './MeetingRow'
import { PlanMeetingDialog } from './PlanMeetingDialog'
import { runsBoard } from './roles'

type Span = 'upcoming' | 'past'

export default function MeetingsRoute() {
  const { t } = useTranslation('boards')
  const boards = useBoards()
  const [board, setBoard] = useState<string | null>(null)
  const meetings = useMeetings(board ? { board } : {})
  const [span, setSpan] = useState<Span>('upcoming')
  const [day, setDay] = useState<string | null>(null)
  const [isPlanning, setPlanning] = useState(false)
  const mayPlan = (boards.data ?? []).filter((entry) => runsBoard(entry.my_role))
  const all = meetings.data ?? []
  const shown = all.filter((meeting) => (day ? localDay(meeting.starts_at) === day : isPast(meeting) === (span === 'past')))
  const meetingDays = new Set(all.map((meeting) => localDay(meeting.starts_at)))
  return (
    <Screen
      title={t('meetings.title')}
      lead={t('meetings.lead')}
      actions={
        mayPlan.length > 0 && (
          <Button leftSection={<IconCalendarPlus size={16} aria-hidden />} onClick={() => setPlanning(true)}>
            {t('meetings.new')}
          </Button>
        )
      }
    >
      <div className={classes.splitCalendar}>
        <div className={classes.column}>
          <Section title={t('meetings.calendar')}>
            <div className={classes.calendar}>
              <Calendar
                size="sm"
                highlightToday
                weekendDays={[]}
                hideOutsideDates
                ariaLabels={{
                  previousMonth: t('meetings.previousMonth'),
                  nextMonth: t('meetings.nextMonth'),
                }}
                getDayProps={(date) => ({ selected: date === day, onClick: () => setDay(date === day ? null : date) })}
                renderDay={(date) => (
                  <span className={meetingDays.has(date) ? classes.calendarDay : undefined} style={{ display: 'grid', placeItems: 'center', width: '100%', height: '100%' }}>
                    {Number(date.slice(8, 10))}
                  </span>
                )}
              />
              {day && (
                <Button size="xs" variant="subtle" onClick={() => setDay(null)}>
                  {t('meetings.clearDay')}
                </Button>
              )}
            </div>
          </Section>
          {boards.data && boards.data.length > 0 && <BoardsSection boards={boards.data} />}
        </div>
        <Section
          title={day ? formatDay(day) : t(`meetings.${span}`)}
          count={meetings.data && shown.length}
          actions={
            <>
              <Select
                size="xs"
                w={190}
                clearable
                aria-label={t('meetings.board')}
                placeholder={t('meetings.all')}
                value={board}
                onChange={setBoard}
                data={(boards.data ?? []).map((entry) => ({ value: entry.id, label: entry.name }))}
              />
              {!day && (
                <SegmentedControl
                  size="xs"
                  aria-label={t('meetings.span')}
                  value={span}
                  onChange={(value) => setSpan(value as Span)}
                  data={[
                    { value: 'upcoming', label: t('meetings.upcoming') },
                    { value: 'past', label: t('meetings.past') },
                  ]}
                />
              )}
            </>
          }
        >
          {meetings.error && !meetings.data && <ProblemNotice problem={meetings.error} onRetry={() => void meetings.refetch()} />}
          {!meetings.data && !meetings.error && <LoadingRows label={t('common:list.loading')} rows={5} />}
          {meetings.data && shown.length === 0 && (
            boards.data?.length === 0 ? (
              <EmptyState icon={IconUsersGroup} title={t('meetings.noBoards')} hint={t('meetings.noBoardsHint')} />
            ) : (
              <EmptyState icon={IconCalendarOff} title={t('meetings.empty')} hint={t('meetings.emptyHint')} />
            )
          )}
          <MeetingDays meetings={span === 'past' && !day ? [...shown].reverse() : shown} />
        </Section>
      </div>
      {isPlanning && <PlanMeetingDialog boards={mayPlan} onClose={() => setPlanning(false)} />}
    </Screen>
  )
}

function MeetingDays({ meetings }: { meetings: Meeting[] }) {
  return (
    <>
      {groupByDay(meetings).map(([day, ofDay]) => (
        <div key={day}>
          <h3 className={classes.dayTitle}>{formatDay(day)}</h3>
          <ul className={classes.meetings}>
            {ofDay.map((meeting) => (
              <li key={meeting.id}>
                <MeetingRow meeting={meeting} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </>
  )
}
