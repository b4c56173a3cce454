import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'

import { publishReading } from '@/viewer/testHook'

import { Replay, type ReplayState } from './replaySession'

/** The player of this page, opened at the place that the address names. */
export function useReplay(sessionId: string, place: { at: number | null; caseId: string | null }): Replay {
  const [replay] = useState(() => new Replay(sessionId))
  const { at, caseId } = place
  useEffect(() => void replay.start({ at, caseId }), [replay, at, caseId])
  useEffect(() => {
    let request = requestAnimationFrame(function frame(now) {
      replay.tick(now)
      request = requestAnimationFrame(frame)
    })
    return () => cancelAnimationFrame(request)
  }, [replay])
  useEffect(
    () =>
      publishReading('replay', () => {
        const { chapter, loaded, playing, speed, position_ms, seq, room, following } = replay.state
        return {
          chapter: chapter?.number ?? null,
          case_id: chapter?.case ?? null,
          loaded,
          playing,
          speed,
          position_ms,
          seq,
          following,
          stage: room.stage && { epoch: room.stage.epoch, rev: room.stage.rev },
          measurements: room.snapshot?.measurements.map(({ id, version }) => ({ id, version })) ?? [],
          decisions: room.snapshot?.decisions ?? [],
          chat: room.snapshot?.chat.length ?? 0,
        }
      }),
    [replay],
  )
  return replay
}

export function useReplayState<Selected>(
  replay: Replay,
  select: (state: ReplayState) => Selected,
): Selected {
  const subscribe = useCallback((notify: () => void) => replay.changed.on(notify), [replay])
  return useSyncExternalStore(subscribe, () => select(replay.state))
}
