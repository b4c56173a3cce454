import { Button } from '@mantine/core'
import { IconEyeCheck, IconEyeOff, IconUserOff } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { useHangings } from '@/api/hangings'
import { isPresenting } from '@/protocol/room'

import { useHangingName } from '../viewer/hanging/useHangingName'
import type { FollowedOverlays } from './followOverlays'
import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'
import classes from './presence.module.css'

interface FollowStateProps {
  session: LiveSession
  overlays: FollowedOverlays
}

/** Whether this screen shows the presenter's view, and what on it is one's own. */
export function FollowState({ session, overlays }: FollowStateProps) {
  const { t } = useTranslation('presence')
  const presenting = useLiveState(session, (state) => isPresenting(state.room))
  const following = useLiveState(session, (state) => state.following)
  const hasStage = useLiveState(session, (state) => state.room.stage !== null)
  const isHeld = useLiveState(session, (state) => state.room.stage?.state.held ?? false)
  const hanging = useFollowedHanging(session)
  if (presenting || !hasStage) return null
  if (!following) {
    return (
      <span className={classes.state} data-alone="true" data-testid="follow-state">
        <IconUserOff size={15} aria-hidden /> {t('follow.alone')}
      </span>
    )
  }
  return (
    <>
      <span className={classes.state} data-testid="follow-state" title={hanging ?? undefined}>
        <IconEyeCheck size={15} aria-hidden /> {t(isHeld ? 'follow.held' : 'follow.following')}
        {hanging && <span className={classes.lesser}>· {hanging}</span>}
      </span>
      {overlays.differ && (
        <span className={classes.state} data-alone="true" data-testid="overlays-differ">
          <IconEyeOff size={15} aria-hidden /> {t('follow.otherOverlays')}
          <Button size="compact-xs" variant="default" onClick={overlays.asPresenter}>
            {t('follow.asPresenter')}
          </Button>
        </span>
      )}
    </>
  )
}

/** The protocol by which the presenter's screen hangs, where this person knows it too. */
function useFollowedHanging(session: LiveSession): string | null {
  const { t } = useTranslation('presence')
  const nameOf = useHangingName()
  const { data } = useHangings()
  const key = useLiveState(session, (state) => state.room.stage?.state.hanging?.key ?? null)
  const step = useLiveState(session, (state) => state.room.stage?.state.hanging?.step ?? 0)
  const found = key === null ? undefined : data?.find((one) => (one.id ?? one.key) === key)
  if (found === undefined) return null
  const count = found.document.steps.length
  const name = nameOf(found)
  return count > 1 ? t('follow.hanging', { name, step: step + 1, count }) : name
}
