import { useTranslation } from 'react-i18next'

import { useBoardMembers, useMeeting } from '@/api/boards'
import { AttendanceList } from '@/features/boards/attendance/AttendanceList'
import { attendanceRows } from '@/features/boards/attendance/rows'
import { runsBoard } from '@/features/boards/roles'
import { NOBODY } from '@/protocol/gathering'

import type { LiveSession } from '../liveSession'
import { useLiveState } from '../useLiveSession'
import classes from './people.module.css'

/** Attendance in the live room; it changes in every open window as the log tells it. */
export function AttendancePanel({ session }: { session: LiveSession }) {
  const meetingId = useLiveState(session, (state) => state.room.meeting)
  return meetingId === null ? null : <OfMeeting session={session} meetingId={meetingId} />
}

function OfMeeting({ session, meetingId }: { session: LiveSession; meetingId: string }) {
  const { t } = useTranslation('people')
  const { attendance } = useLiveState(session, (state) => state.room.snapshot?.gathering ?? NOBODY)
  const meeting = useMeeting(meetingId)
  const mayTick = runsBoard(meeting.data?.my_role ?? null)
  const seats = useBoardMembers(mayTick ? (meeting.data?.board.id ?? null) : null)
  const rows = attendanceRows((seats.data ?? []).map((seat) => seat.user), attendance)
  const here = attendance.filter((row) => row.present).length
  return (
    <details className={classes.fold}>
      <summary>{t('attendance.summary', { count: here })}</summary>
      <AttendanceList meetingId={meetingId} rows={rows} mayTick={mayTick} />
    </details>
  )
}
