import { useCallback, useEffect, useRef } from 'react'

import { isPresenting } from '@/protocol/room'
import type { StageState } from '@/protocol/generated'
import { graphicsShown, masksShown, radiotherapyShown } from '@/viewer/stage'

import type { CaseRoom } from '../viewer/useCaseRoom'
import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'

type Names = ReadonlySet<string>

/** What somebody switched between two moments. */
export function switched(before: Names, now: Names): { on: string[]; off: string[] } {
  return {
    on: [...now].filter((name) => !before.has(name)),
    off: [...before].filter((name) => !now.has(name)),
  }
}

/** Own choice, with what the presenter switched since; all else stays as it was chosen here. */
export function withSwitched(own: Names, before: Names, now: Names): Set<string> {
  const { on, off } = switched(before, now)
  const gone = new Set(off)
  return new Set([...own, ...on].filter((name) => !gone.has(name)))
}

interface Shown {
  readonly masks: Names
  readonly radiotherapy: Names
  readonly graphics: Names
}

const shownOn = (state: StageState): Shown => ({
  masks: new Set(masksShown(state).filter(isChosen)),
  radiotherapy: new Set(radiotherapyShown(state)),
  graphics: graphicsShown(state),
})

const namesOn = (state: StageState): string => {
  const { masks, radiotherapy, graphics } = shownOn(state)
  return JSON.stringify([[...masks], [...radiotherapy], [...graphics]])
}

function shownBy(names: string): Shown {
  const [masks, radiotherapy, graphics] = JSON.parse(names) as string[][]
  return { masks: new Set(masks), radiotherapy: new Set(radiotherapy), graphics: new Set(graphics) }
}

/** What is being drawn is seen by everybody, and chosen by nobody. */
const isChosen = (name: string): boolean => !name.startsWith('drawn:')
const same = (a: Names, b: Names): boolean => a.size === b.size && [...a].every((one) => b.has(one))

export interface FollowedOverlays {
  /** This screen shows others than the presenter's: said, never mended silently. */
  readonly differ: boolean
  readonly asPresenter: () => void
}

/**
 * Overlays of the stage on this screen. Whoever begins to follow, or returns, shows the presenter's;
 * from then on only what the presenter switches is switched here.
 */
export function useFollowedOverlays(session: LiveSession, room: CaseRoom): FollowedOverlays {
  const { viewer, visibleMasks, setVisibleMasks, showMasks, rt } = room
  const { setShown, show } = rt
  // Not the stage, which is another one thirty times a second.
  const names = useLiveState(session, (state) => {
    const { stage } = state.room
    return state.following && stage !== null ? namesOn(stage.state) : null
  })
  const presenting = useLiveState(session, (state) => isPresenting(state.room))
  const before = useRef<Shown | null>(null)
  const takeOver = useCallback(
    (now: Shown) => {
      setVisibleMasks(now.masks)
      setShown(now.radiotherapy)
      viewer.graphics.setShown(now.graphics)
    },
    [viewer, setVisibleMasks, setShown],
  )
  useEffect(() => {
    const was = before.current
    const now = names === null ? null : shownBy(names)
    before.current = now
    if (now === null) return
    if (was === null) return takeOver(now)
    const masks = switched(was.masks, now.masks)
    const radiotherapy = switched(was.radiotherapy, now.radiotherapy)
    if (masks.on.length > 0) showMasks(masks.on, true)
    if (masks.off.length > 0) showMasks(masks.off, false)
    if (radiotherapy.on.length > 0) show(radiotherapy.on, true)
    if (radiotherapy.off.length > 0) show(radiotherapy.off, false)
    if (!same(was.graphics, now.graphics)) {
      const own = viewer.graphics.shownIds
      viewer.graphics.setShown(withSwitched(own, was.graphics, now.graphics))
    }
  }, [names, viewer, takeOver, showMasks, show])
  const theirs = names !== null && !presenting ? shownBy(names) : null
  const differ =
    theirs !== null &&
    !(
      same(new Set([...visibleMasks].filter(isChosen)), theirs.masks) &&
      same(rt.shown, theirs.radiotherapy)
    )
  const asPresenter = useCallback(() => {
    if (before.current !== null) takeOver(before.current)
  }, [takeOver])
  return { differ, asPresenter }
}
