import { useEffect, useMemo, useState } from 'react'

import { useDrawnSegmentations } from '@/api/drawn'
import type { SegmentationState } from '@/protocol/generated'
import { drawnMaskId, masksShown } from '@/viewer/stage'

import { shownMaskOf } from '../viewer/brush/useDrawnRoom'
import { usePerCase } from '../viewer/usePerCase'
import type { CaseRoom } from '../viewer/useCaseRoom'
import { DrawnThen } from './drawnThen'
import type { Replay } from './replaySession'
import { useReplayState } from './useReplay'

const NOTHING: readonly SegmentationState[] = []
const NO_NAMES: readonly string[] = []

/**
 * What had been painted by the time, where the presenter showed it. Names and colours are today's;
 * what has been removed since is not there, which the caller says.
 */
export function useDrawnThen(replay: Replay, room: CaseRoom, caseId: string): { isMissing: boolean } {
  const { viewer, visibleMasks } = room
  const { data: list } = useDrawnSegmentations(caseId)
  const then = useReplayState(replay, (state) => state.room.snapshot?.segmentations ?? NOTHING)
  const stage = useReplayState(replay, (state) => state.room.stage)
  const drawn = usePerCase(caseId, () => new DrawnThen(viewer))
  const [unread, setUnread] = useState<unknown>(null)

  const shown = useMemo(
    () =>
      (list ?? []).flatMap((one) => {
        const revision = then.find(({ id }) => id === one.id)?.revision
        if (revision === undefined) return []
        return one.segments
          .filter(({ number }) => visibleMasks.has(drawnMaskId(one.id, number)))
          .map((segment) => ({ revision, mask: shownMaskOf(one.id, segment), of: one.id, segment }))
      }),
    [list, then, visibleMasks],
  )
  useEffect(() => {
    let isOver = false
    const wanted = shown.map(({ of, segment, revision }) => ({
      segmentation: of,
      segment: segment.number,
      revision,
    }))
    drawn.show(wanted).then(
      () => isOver || setUnread(null),
      (error: unknown) => isOver || setUnread(error),
    )
    return () => {
      isOver = true
    }
  }, [drawn, shown])
  useEffect(() => {
    viewer.brush.show(shown.map(({ mask }) => mask))
    viewer.overlaysChanged.emit()
  }, [viewer, shown])

  const names = useMemo(() => (stage === null ? NO_NAMES : masksShown(stage.state)), [stage])
  const here = new Set(shown.map(({ mask }) => mask.id))
  const isGone = names.some((name) => name.startsWith('drawn:') && visibleMasks.has(name) && !here.has(name))
  return { isMissing: unread !== null || (list !== undefined && isGone) }
}
