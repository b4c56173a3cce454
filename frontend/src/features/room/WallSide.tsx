import { IconDeviceTv, IconHandStop, IconPresentation } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useWall } from '@/api/screens'
import { NOBODY } from '@/protocol/gathering'
import { PersonBadge } from '@/ui/clinical'

import type { LiveSession } from '../live/liveSession'
import { handsUp } from '../live/people/hands'
import { QrCode } from '../live/people/QrCode'
import { useLiveState } from '../live/useLiveSession'
import { peopleHere } from './here'
import classes from './room.module.css'

/** So long a new case leaves room for the code; then the images have the attention. */
const CODE_FOR_MS = 60_000

/** Who is here, in the room or online; between cases the way to check in. */
export function WallSide({ session }: { session: LiveSession }) {
  const { t } = useTranslation('people')
  const wall = useWall(session.id)
  const { attendance } = useLiveState(session, (state) => state.room.snapshot?.gathering ?? NOBODY)
  const people = useLiveState(session, (state) => state.room.people)
  const up = useLiveState(session, (state) => handsUp(state.room.presence)).split(' ')
  const presenter = useLiveState(session, (state) => state.room.presenter.user?.id ?? null)
  const isBetween = useBetweenCases(session)
  const code = wall.data?.code ?? null
  return (
    <aside className={classes.side} aria-label={t('screen.here')}>
      <p className={classes.name}>
        <IconDeviceTv size={18} aria-hidden />
        {wall.data?.name}
      </p>
      <h2>{t('screen.here')}</h2>
      <ul className={classes.people}>
        {peopleHere(people, attendance).map((user) => (
          <li key={user.id}>
            <PersonBadge person={user} />
            {up.includes(user.id) && <IconHandStop size={18} aria-label={t('live:handRaised')} />}
            {presenter === user.id && <IconPresentation size={18} aria-label={t('live:isPresenting')} />}
          </li>
        ))}
      </ul>
      {isBetween && code !== null && (
        <div className={classes.checkIn}>
          <QrCode rows={wall.data?.qr ?? []} size={170} />
          <p>{t('checkIn.title')}</p>
          <p className={`${classes.digits} c-figures`}>{`${code.slice(0, 3)} ${code.slice(3)}`}</p>
        </div>
      )}
    </aside>
  )
}

/** Nothing is shown yet, or the room has just come to this case. */
function useBetweenCases(session: LiveSession): boolean {
  const hasStage = useLiveState(session, (state) => state.room.stage !== null)
  const caseId = useLiveState(session, (state) => state.room.case_id)
  const [settledOn, setSettledOn] = useState<string | null>(null)
  useEffect(() => {
    const timer = setTimeout(() => setSettledOn(caseId), CODE_FOR_MS)
    return () => clearTimeout(timer)
  }, [caseId])
  return !hasStage || settledOn !== caseId
}
