import { useCallback, useSyncExternalStore } from 'react'

import type { RtLook } from '@/viewer/rt/overlays'
import type { Viewer } from '@/viewer/viewer'

/** How structures and dose look on this screen, and the way to change a part of it. */
export function useRtLook(viewer: Viewer): [RtLook, (part: Partial<RtLook>) => void] {
  const look = useSyncExternalStore(
    useCallback((notify) => viewer.rt.changed.on(notify), [viewer]),
    () => viewer.rt.look,
  )
  const change = useCallback(
    (part: Partial<RtLook>) => viewer.rt.setLook({ ...viewer.rt.look, ...part }),
    [viewer],
  )
  return [look, change]
}

/** Millilitres of a structure once it has been read; null before, or where it encloses nothing. */
export function useRegionVolume(viewer: Viewer, id: string): number | null {
  return useSyncExternalStore(
    useCallback((notify) => viewer.rt.changed.on(notify), [viewer]),
    () => viewer.rt.volumeOf(id),
  )
}
