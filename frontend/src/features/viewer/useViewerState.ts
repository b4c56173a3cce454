import { useCallback, useSyncExternalStore } from 'react'

import type { Viewer } from '@/viewer/viewer'

/**
 * Renders again after the viewer changed, at most once per animation frame, and reads whatever
 * `select` says. The selection must be a value that compares by `Object.is`, or be stable.
 */
export function useViewerState<Selected>(
  viewer: Viewer,
  select: (viewer: Viewer) => Selected,
): Selected {
  const subscribe = useCallback(
    (notify: () => void) => {
      let handle = 0
      const later = () => {
        if (handle !== 0) return
        handle = requestAnimationFrame(() => {
          handle = 0
          notify()
        })
      }
      const stops = [viewer.changed.on(later), viewer.prefetcher.progressed.on(later)]
      return () => {
        cancelAnimationFrame(handle)
        for (const stop of stops) stop()
      }
    },
    [viewer],
  )
  return useSyncExternalStore(subscribe, () => select(viewer))
}
