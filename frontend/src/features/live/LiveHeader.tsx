import { IconBroadcast } from '@tabler/icons-react'
import { memo, useEffect, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { useAgenda, useMeeting } from '@/api/boards'
import { useCase } from '@/api/cases'
import type { AgendaItem } from '@/api/types'
import { isPresenting } from '@/protocol/room'
import { GuiseChip, PatientLine } from '@/ui/clinical'

import type { LiveSession } from './liveSession'
import { RecordingMark } from './RecordingMark'
import { useLiveState } from './useLiveSession'
import classes from './live.module.css'

interface LiveHeaderProps {
  session: LiveSession
  caseId: string | null
  /** What one does about presenting, beside who presents. */
  children?: ReactNode
}

/** Board, case, who presents to how many, and how long already. */
export const LiveHeader = memo(function LiveHeader({ session, caseId, children }: LiveHeaderProps) {
  const { t } = useTranslation('live')
  const meetingId = useLiveState(session, (state) => state.room.meeting)
  const itemId = useLiveState(session, (state) => state.room.agenda_item)
  const meeting = useMeeting(meetingId)
  const agenda = useAgenda(meetingId)
  const items = agenda.data ?? []
  const item = items.find((entry) => entry.id === itemId)
  return (
    <div className={classes.head}>
      <div className={classes.headRow}>
        <strong className={classes.ellipsis}>{meeting.data?.board.name ?? t('adHoc')}</strong>
        {item && <span>{t('caseOf', { number: item.position, count: items.length })}</span>}
        <LiveMark session={session} />
        <RecordingMark session={session} />
        {children}
        <RecordingMark session={session} />
        <span className={classes.grow} />
        {item && <Clock item={item} />}
      </div>
      {caseId !== null && <CaseLine caseId={caseId} />}
    </div>
  )
})

function CaseLine({ caseId }: { caseId: string }) {
  const patientCase = useCase(caseId)
  if (!patientCase.data) return null
  const { patient, guise, clinical_question, stage } = patientCase.data
  return (
    <div className={classes.headRow}>
      <PatientLine patient={patient} />
      <GuiseChip guise={guise} />
      {stage && <span>{stage}</span>}
      <span className={`${classes.ellipsis} ${classes.dim}`} title={clinical_question}>
        {clinical_question}
      </span>
    </div>
  )
}

/** Role and LIVE state are always visible (LIVE-P5). */
function LiveMark({ session }: { session: LiveSession }) {
  const { t } = useTranslation('live')
  const room = useLiveState(session, (state) => state.room)
  const connected = useLiveState(session, (state) => state.status === 'open')
  const presenting = isPresenting(room)
  const name = room.presenter.user?.display_name
  const words = presenting
    ? t('youPresent', { count: room.followers })
    : name
      ? t('presents', { name, count: room.followers })
      : t('nobodyPresents')
  return (
    <span
      className={classes.live}
      data-connected={connected}
      data-presenting={presenting}
      data-testid="live-mark"
    >
      <IconBroadcast size={16} aria-hidden />
      <b>{t('live')}</b>
      <span className={classes.ellipsis}>{words}</span>
    </span>
  )
}

const twoDigits = (value: number): string => String(Math.floor(value)).padStart(2, '0')
const asClock = (seconds: number): string => `${twoDigits(seconds / 60)}:${twoDigits(seconds % 60)}`

function Clock({ item }: { item: AgendaItem }) {
  const { t } = useTranslation('live')
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  if (item.started_at === null) return null
  const spent = Math.max(0, (now - Date.parse(item.started_at)) / 1000)
  return (
    <span className={classes.clock} data-over={spent > item.minutes * 60} aria-label={t('clock')}>
      {asClock(spent)} / {asClock(item.minutes * 60)}
    </span>
  )
}
