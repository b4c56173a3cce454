import { Button } from '@mantine/core'
import { IconListNumbers, IconPlayerPlayFilled, IconPlus, IconTableImport, IconUsersGroup } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate, useParams } from 'react-router-dom'

import { useAgenda, useBoardMembers, useMeeting, useStartLive } from '@/api/boards'
import type { AgendaItem, Meeting } from '@/api/types'
import { CapacityBar } from '@/features/readiness/CapacityBar'
import { ExceptionsSection } from '@/features/readiness/ExceptionsSection'
import { PersonBadge } from '@/ui/clinical'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatDateTime, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import { AddCaseDialog } from './AddCaseDialog'
import { AgendaEditor } from './AgendaEditor'
import { AttendanceSection } from './AttendanceSection'
import { BoardMembersDialog } from './BoardMembersDialog'
import classes from './Boards.module.css'
import { lengthMinutes } from './calendar'
import { MeetingStatusChip } from './MeetingRow'
import { PlaceDialog } from './PlaceDialog'
import { runsBoard } from './roles'

export default function MeetingRoute() {
  const { meetingId = '' } = useParams()
  const { t } = useTranslation('boards')
  const meeting = useMeeting(meetingId)
  if (meeting.error && !meeting.data) {
    return (
      <Screen title={t('meetings.title')}>
        <ProblemNotice problem={meeting.error} onRetry={() => void meeting.refetch()} />
      </Screen>
    )
  }
  if (!meeting.data) return <LoadingRows label={t('common:list.loading')} rows={8} />
  return <MeetingScreen meeting={meeting.data} />
}

function MeetingScreen({ meeting }: { meeting: Meeting }) {
  const { t } = useTranslation('boards')
  const navigate = useNavigate()
  const agenda = useAgenda(meeting.id)
  const startLive = useStartLive()
  const [isAdding, setAdding] = useState(false)
  const mayRun = runsBoard(meeting.my_role)
  const isOver = meeting.status === 'closed' || meeting.status === 'cancelled'
  const isLive = meeting.status === 'open'
  const canEnter = !isOver && (isLive || mayRun) && (agenda.data?.length ?? 0) > 0
  const start = () =>
    startLive.mutate({ meeting: meeting.id }, { onSuccess: (session) => void navigate(`/live/${session.id}`) })
  return (
    <Screen
      title={meeting.board.name}
      lead={[formatDateTime(meeting.starts_at), meeting.room].filter(Boolean).join(' · ')}
      actions={
        <>
          <MeetingStatusChip status={meeting.status} />
          {mayRun && !isOver && (
            <Button variant="default" component={Link} to={`/intake?board=${meeting.board.id}&meeting=${meeting.id}`} leftSection={<IconTableImport size={16} aria-hidden />}>
              {t('intake:import')}
            </Button>
          )}
          {mayRun && !isOver && (
            <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
              {t('meeting.addCase')}
            </Button>
          )}
          {!isOver && (
            <Button
              disabled={!canEnter}
              title={agenda.data?.length === 0 ? t('meeting.noCases') : t('meeting.startHint')}
              loading={startLive.isPending}
              leftSection={<IconPlayerPlayFilled size={15} aria-hidden />}
              onClick={start}
            >
              {isLive ? t('meeting.join') : t('meeting.start')}
            </Button>
          )}
        </>
      }
    >
      {startLive.error && <ProblemNotice problem={startLive.error} onRetry={start} />}
      <div className={classes.split}>
        <Section title={t('agenda.title')} count={agenda.data?.length}>
          {agenda.error && !agenda.data && <ProblemNotice problem={agenda.error} onRetry={() => void agenda.refetch()} />}
          {!agenda.data && !agenda.error && <LoadingRows label={t('common:list.loading')} rows={5} />}
          {agenda.data?.length === 0 && <EmptyState icon={IconListNumbers} title={t('agenda.empty')} hint={t('agenda.emptyHint')} />}
          <CapacityBar meeting={meeting} items={agenda.data ?? []} mayRun={mayRun} />
          {agenda.data && agenda.data.length > 0 && (
            <AgendaEditor meetingId={meeting.id} items={agenda.data} mayEdit={mayRun && !isOver} keysEnabled={!isAdding} />
          )}
        </Section>
        <div className={classes.column}>
          <AboutSection meeting={meeting} items={agenda.data ?? []} />
          <ExceptionsSection meeting={meeting} />
          <AttendanceSection meeting={meeting} />
          <MembersSection meeting={meeting} />
        </div>
      </div>
      {isAdding && <AddCaseDialog meetingId={meeting.id} items={agenda.data ?? []} onClose={() => setAdding(false)} />}
    </Screen>
  )
}

function AboutSection({ meeting, items }: { meeting: Meeting; items: readonly AgendaItem[] }) {
  const { t } = useTranslation('boards')
  const [isEditing, setEditing] = useState(false)
  const available = lengthMinutes(meeting)
  const planned = items.reduce((sum, item) => sum + item.minutes, 0)
  return (
    <Section
      title={t('meeting.about')}
      padded
      actions={
        runsBoard(meeting.my_role) && (
          <Button size="xs" variant="default" aria-label={t('people:place.editOf')} onClick={() => setEditing(true)}>
            {t('people:place.edit')}
          </Button>
        )
      }
    >
      {isEditing && <PlaceDialog meeting={meeting} onClose={() => setEditing(false)} />}
      <dl className={classes.facts}>
        <dt>{t('meeting.when')}</dt>
        <dd>{formatDateTime(meeting.starts_at)}</dd>
        {meeting.room && (
          <>
            <dt>{t('meeting.room')}</dt>
            <dd>{meeting.room}</dd>
          </>
        )}
        <dt>{t('meeting.time')}</dt>
        <dd>
          {t('meetings.capacity', { planned, available })}
          {planned > available && <strong style={{ color: 'var(--c-warning)' }}> · {t('meetings.over', { minutes: planned - available })}</strong>}
        </dd>
        <dt>{t('meeting.calendarRow')}</dt>
        <dd>
          <a href={`/api/meetings/${meeting.id}/invitation`} download>
            {t('meeting.calendar')}
          </a>
        </dd>
        {meeting.video_url && (
          <>
            <dt>{t('meeting.video')}</dt>
            <dd>
              <a href={meeting.video_url} target="_blank" rel="noreferrer noopener">
                {t('meeting.openVideo')}
              </a>
            </dd>
          </>
        )}
      </dl>
    </Section>
  )
}

function MembersSection({ meeting: { board, my_role } }: { meeting: Meeting }) {
  const { t } = useTranslation('boards')
  const members = useBoardMembers(board.id)
  const [isEditing, setEditing] = useState(false)
  return (
    <Section
      title={t('meeting.members')}
      count={members.data?.length}
      actions={
        runsBoard(my_role) && (
          <Button size="xs" variant="default" leftSection={<IconUsersGroup size={15} aria-hidden />} aria-label={t('members.edit')} onClick={() => setEditing(true)}>
            {t('members.change')}
          </Button>
        )
      }
    >
      {members.error && !members.data && <ProblemNotice problem={members.error} onRetry={() => void members.refetch()} />}
      {!members.data && !members.error && <LoadingRows label={t('common:list.loading')} rows={4} />}
      {members.data?.map((member) => (
        <div key={member.id} className={classes.member}>
          <PersonBadge person={member.user} role={[wordFor('boardRole', member.role), wordFor('discipline', member.user.discipline)].join(' · ')} />
        </div>
      ))}
      {isEditing && <BoardMembersDialog board={{ ...board, my_role }} onClose={() => setEditing(false)} />}
    </Section>
  )
}
