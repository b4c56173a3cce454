import { IconBroadcast } from '@tabler/icons-react'
import { memo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { useAgenda } from '@/api/boards'
import { useCase } from '@/api/cases'
import { isPresenting } from '@/protocol/room'
import { GuiseChip, PatientLine } from '@/ui/clinical'

import { ConnectionState } from './ConnectionState'
import type { LiveActs } from './liveActs'
import { LiveClock } from './LiveClock'
import type { LiveSession } from './liveSession'
import { RecordingMark } from './RecordingMark'
import { MeetingBar } from './people/MeetingBar'
import { useLiveState } from './useLiveSession'
import classes from './live.module.css'

interface LiveHeaderProps {
  session: LiveSession
  /** Null where nothing of the case may be done. */
  acts: LiveActs | null
  caseId: string | null
  /** What one does about presenting, beside who presents. */
  children?: ReactNode
}

/** Board, case, who presents to how many, and how long already. */
export const LiveHeader = memo(function LiveHeader({ session, acts, caseId, children }: LiveHeaderProps) {
  const { t } = useTranslation('live')
  const meetingId = useLiveState(session, (state) => state.room.meeting)
  const itemId = useLiveState(session, (state) => state.room.agenda_item)
  const maySet = useLiveState(session, (state) => state.room.can.includes('goto'))
  const board = useLiveState(session, (state) => state.room.board)
  const agenda = useAgenda(meetingId)
  const items = agenda.data ?? []
  const item = items.find((entry) => entry.id === itemId)
  return (
    <div className={classes.head}>
      <div className={`${classes.headRow} ${classes.headTop}`}>
        <div className={classes.inLine}>
          <strong className={classes.ellipsis}>{board ?? t('adHoc')}</strong>
          {item && <span>{t('caseOf', { number: item.position, count: items.length })}</span>}
          <LiveMark session={session} />
          <RecordingMark session={session} />
        </div>
        <div className={`${classes.inLine} ${classes.acts}`}>{children}</div>
        <div className={classes.inLine}>
          <ConnectionState session={session} />
          {item && acts && <LiveClock item={item} acts={acts} maySet={maySet} />}
        </div>
      </div>
      <div className={classes.headRow}>
        {caseId === null ? <span className={classes.grow} /> : <CaseLine caseId={caseId} />}
        <MeetingBar session={session} />
      </div>
    </div>
  )
})

function CaseLine({ caseId }: { caseId: string }) {
  const patientCase = useCase(caseId)
  if (!patientCase.data) return <span className={classes.grow} />
  const { patient, guise, clinical_question, stage } = patientCase.data
  return (
    <>
      <PatientLine patient={patient} />
      <GuiseChip guise={guise} />
      {stage && <span>{stage}</span>}
      <span className={`${classes.question} ${classes.dim}`} title={clinical_question}>
        {clinical_question}
      </span>
    </>
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
