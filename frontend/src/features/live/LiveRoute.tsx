import { Loader } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router-dom'

import { LiveCase } from './LiveCase'
import { LiveStopped } from './LiveStopped'
import { CaseShelf, useWarmNeighbours } from './neighbours'
import { Lobby } from './people/Lobby'
import { whyStopped } from './people/whyStopped'
import { useLiveReading } from './useLiveReading'
import { useLiveRefresh } from './useLiveRefresh'
import { useLiveSession, useLiveState } from './useLiveSession'
import classes from './live.module.css'

/** The room in which a board meets: `/live/:sessionId`. */
export default function LiveRoute() {
  const { sessionId = '' } = useParams()
  return <LiveRoom key={sessionId} sessionId={sessionId} />
}

function LiveRoom({ sessionId }: { sessionId: string }) {
  const { t } = useTranslation('live')
  const session = useLiveSession(sessionId)
  const caseId = useLiveState(session, (state) => state.room.case_id)
  const stopReason = useLiveState(session, (state) => state.stopReason)
  const visible = useLiveState(session, (state) => state.room.projection !== 'none')
  useLiveRefresh(session)
  useLiveReading(session)
  const [shelf] = useState(() => new CaseShelf())
  useWarmNeighbours(session, shelf)
  const door = useLiveState(session, (state) => state.room.at_door)
  const expiresAt = useLiveState(session, (state) => state.room.expires_at)
  if (stopReason !== null && stopReason !== 'left') {
    return <LiveStopped reason={whyStopped({ stopReason, door, expiresAt })} />
  }
  if (door !== null) return <Lobby door={door} />
  if (caseId === null) {
    return (
      <div className={classes.waiting} role="status">
        <h1 className="c-visually-hidden">{t('access:room')}</h1>
        <Loader size="sm" />
        {t('joining')}
      </div>
    )
  }
  return (
    <LiveCase
      session={session}
      sessionId={sessionId}
      caseId={caseId}
      visible={visible}
      shelf={shelf}
    />
  )
}
