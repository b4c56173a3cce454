import { useCallback, useEffect, useRef } from 'react'

import { StageFollower } from '@/viewer/stage'

import { showStage } from '../viewer/showStage'
import type { CaseRoom } from '../viewer/useCaseRoom'
import { PointersThen } from './pointersThen'
import type { Replay } from './replaySession'
import { useReplayState } from './useReplay'

/** Shows the stage of the time on this screen, by the same follower as in the room. */
export function useReplaySync(replay: Replay, room: CaseRoom): { onReturn: () => void } {
  const { viewer, studies, studiesLoaded, setVisibleMasks } = room
  const { setShown } = room.rt
  const follower = useRef<StageFollower | null>(null)
  const stage = useReplayState(replay, (state) => (state.following ? state.room.stage : null))
  const loaded = useReplayState(replay, (state) => state.loaded)

  useEffect(() => {
    const made = new StageFollower(viewer)
    follower.current = made
    // Whoever looks around for themselves is left alone until they return.
    const stop = viewer.changed.on((cause) => {
      if (cause !== 'user') return
      made.stop()
      replay.setFollowing(false)
    })
    return () => {
      stop()
      made.stop()
      follower.current = null
    }
  }, [viewer, replay])

  useEffect(() => {
    if (stage === null || !studiesLoaded || !loaded) return
    if (follower.current) showStage({ viewer, setVisibleMasks, rt: { setShown } }, follower.current, stage.state)
  }, [stage, studies, studiesLoaded, loaded, viewer, setVisibleMasks, setShown])

  usePointersThen(replay, room)
  const onReturn = useCallback(() => replay.setFollowing(true), [replay])
  return { onReturn }
}

function usePointersThen(replay: Replay, { viewer }: CaseRoom): void {
  const recorded = useReplayState(replay, (state) => state.recording?.records_pointers ?? false)
  useEffect(() => {
    if (!recorded) return
    const pointers = new PointersThen(replay)
    const show = (): void => viewer.people.setPointers(pointers.at(replay.state.position_ms))
    const stop = replay.changed.on(show)
    return () => {
      stop()
      viewer.people.setPointers([])
    }
  }, [replay, viewer, recorded])
}
