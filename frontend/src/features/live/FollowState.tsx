import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { IconEyeCheck, IconEyeOff, IconRectangle, IconUserOff } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useHangings } from '@/api/hangings'
import { isPresenting } from '@/protocol/room'

import { useHangingName } from '../viewer/hanging/useHangingName'
import type { FollowedOverlays } from './followOverlays'
import type { LiveSession } from './liveSession'
import type { StageSync } from './stageSync'
import { useLiveState } from './useLiveSession'
import classes from './presence.module.css'

interface FollowStateProps {
  session: LiveSession
  stage: StageSync
  overlays: FollowedOverlays
}

/** Whether this screen shows the presenter's view, and what on it is one's own. */
export function FollowState({ session, stage, overlays }: FollowStateProps) {
  const { t } = useTranslation('presence')
  const presenting = useLiveState(session, (state) => isPresenting(state.room))
  const following = useLiveState(session, (state) => state.following)
  const hasStage = useLiveState(session, (state) => state.room.stage !== null)
  const isHeld = useLiveState(session, (state) => state.room.stage?.state.held ?? false)
  const hanging = useFollowedHanging(session)
  const outline = useOutline(stage)
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
      <Tooltip label={t('follow.outline')}>
        <ActionIcon
          variant={outline.shown ? 'light' : 'subtle'}
          color={outline.shown ? 'accent' : 'gray'}
          size={24}
          aria-label={t('follow.outline')}
          aria-pressed={outline.shown}
          onClick={() => outline.set(!outline.shown)}
        >
          <IconRectangle size={15} />
        </ActionIcon>
      </Tooltip>
      {overlays.differ && (
        <span className={classes.state} data-alone="true" data-testid="overlays-differ">
          <IconEyeOff size={15} aria-hidden /> {t('follow.otherOverlays')}
          <Button size="compact-sm" variant="default" onClick={overlays.asPresenter}>
            {t('follow.asPresenter')}
          </Button>
        </span>
      )}
    </>
  )
}

const OUTLINE_STORED_AS = 'consilium.outline'

/** Whether this person wants to see it, in this browser. */
function useOutline(stage: StageSync): { shown: boolean; set: (shown: boolean) => void } {
  const { t } = useTranslation('presence')
  const [shown, setShown] = useState(() => localStorage.getItem(OUTLINE_STORED_AS) !== 'off')
  useEffect(() => {
    stage.setOutline(shown ? (name) => t('follow.outlineOf', { name }) : null)
  }, [stage, shown, t])
  const set = (next: boolean): void => {
    localStorage.setItem(OUTLINE_STORED_AS, next ? 'on' : 'off')
    setShown(next)
  }
  return { shown, set }
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
