import { useMemo } from 'react'

import { isPresenting } from '@/protocol/room'

import type { StageKeys } from '../viewer/keyboard'
import type { LiveSession } from './liveSession'
import type { Sync } from './sync'

/** What the keys of a live session do. */
export function useStageKeys(session: LiveSession, { stage, look }: Sync): StageKeys {
  return useMemo(
    () => ({
      lookHere: () => {
        if (session.state.room.projection === 'identified') look.call()
      },
      goThere: () => look.go(),
      returnToPresenter: () => {
        const { room, following } = session.state
        if (!following && !isPresenting(room)) stage.returnToPresenter()
      },
      holdStage: () => {
        if (isPresenting(session.state.room)) stage.setHeld(!stage.held)
      },
    }),
    [session, stage, look],
  )
}
