import { IconPlayerPlayFilled } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import type { Meeting } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { formatTime, wordFor } from '@/ui/format'

import classes from './Boards.module.css'

export function MeetingRow({ meeting }: { meeting: Meeting }) {
  const { t } = useTranslation('boards')
  return (
    <Link to={`/meetings/${meeting.id}`} className={classes.meeting}>
      <span className={`${classes.meetingTime} c-figures`}>
        {formatTime(meeting.starts_at)}
        <span className={classes.dim}> – {formatTime(meeting.ends_at)}</span>
      </span>
      <span>
        <div>{meeting.board.name}</div>
        <div className={classes.dim}>{[meeting.room, t('meetings.cases', { count: meeting.case_count })].filter(Boolean).join(' · ')}</div>
      </span>
      <span className={classes.meetingEnd}>
        <MeetingStatusChip status={meeting.status} />
      </span>
    </Link>
  )
}

export function MeetingStatusChip({ status }: { status: Meeting['status'] }) {
  const live = status === 'open'
  return (
    <Chip tone={live ? 'ok' : 'neutral'} icon={live ? <IconPlayerPlayFilled size={11} aria-hidden /> : undefined}>
      {wordFor('meetingStatus', status)}
    </Chip>
  )
}
