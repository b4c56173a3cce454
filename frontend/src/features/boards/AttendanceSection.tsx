import { useTranslation } from 'react-i18next'

import { useAttendance } from '@/api/attendance'
import { useBoardMembers } from '@/api/boards'
import type { Meeting } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import { AttendanceList } from './attendance/AttendanceList'
import { QuorumChip } from './attendance/QuorumChip'
import { attendanceRows, type Arrival } from './attendance/rows'
import { runsBoard } from './roles'

/** Who is at the meeting and whether the board may decide, before, during and after it. */
export function AttendanceSection({ meeting }: { meeting: Meeting }) {
  const { t } = useTranslation('people')
  const attendance = useAttendance(meeting.id)
  const seats = useBoardMembers(meeting.board.id)
  const known = attendance.data
  const people = (known?.people ?? []).map((row) => ({ ...row, how: row.how as Arrival }))
  return (
    <Section
      padded
      title={t('attendance.title')}
      count={people.filter((row) => row.present).length}
      actions={known && <QuorumChip {...known.quorum} />}
    >
      {attendance.error && !known && <ProblemNotice problem={attendance.error} onRetry={() => void attendance.refetch()} />}
      {!known && !attendance.error && <LoadingRows label={t('common:list.loading')} rows={4} />}
      {known && (
        <AttendanceList
          meetingId={meeting.id}
          rows={attendanceRows((seats.data ?? []).map((seat) => seat.user), people)}
          mayTick={runsBoard(meeting.my_role) && meeting.status !== 'cancelled'}
        />
      )}
    </Section>
  )
}
