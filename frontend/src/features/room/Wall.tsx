import { Button } from '@mantine/core'
import { IconDeviceTv } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { LiveHeader } from '../live/LiveHeader'
import { LiveNotice } from '../live/LiveNotice'
import { LiveSession } from '../live/liveSession'
import { CaseShelf } from '../live/neighbours'
import { useLiveRefresh } from '../live/useLiveRefresh'
import { useLiveState } from '../live/useLiveSession'
import { WallCase } from './WallCase'
import { WallSide } from './WallSide'
import classes from './room.module.css'

/** The meeting on the wall: what the presenter shows, who is here, and how to check in. */
export function Wall({ sessionId, onOver }: { sessionId: string; onOver: () => void }) {
  const { t } = useTranslation('people')
  const [session] = useState(() => new LiveSession(sessionId, 'watches'))
  useEffect(() => {
    session.start()
    return () => session.stop()
  }, [session])
  useLiveRefresh(session)
  const [shelf] = useState(() => new CaseShelf())
  const caseId = useLiveState(session, (state) => state.room.case_id)
  const isVisible = useLiveState(session, (state) => state.room.projection !== 'none')
  const stopReason = useLiveState(session, (state) => state.stopReason)
  if (stopReason !== null && stopReason !== 'left') {
    return (
      <main className={classes.waiting} role="status">
        <IconDeviceTv size={56} aria-hidden />
        <h1>{t('screen.over')}</h1>
        <Button variant="default" onClick={onOver}>
          {t('screen.again')}
        </Button>
      </main>
    )
  }
  return (
    <main className={classes.wall} data-testid="wall">
      <h1 className="c-visually-hidden">{t('screen.title')}</h1>
      <LiveHeader session={session} acts={null} caseId={isVisible ? caseId : null} />
      <LiveNotice session={session} />
      <div className={classes.body}>
        {caseId !== null && isVisible ? (
          <WallCase key={caseId} session={session} caseId={caseId} shelf={shelf} />
        ) : (
          <div className={classes.waiting} role="status">
            {t('screen.joining')}
          </div>
        )}
        <WallSide session={session} />
      </div>
    </main>
  )
}
