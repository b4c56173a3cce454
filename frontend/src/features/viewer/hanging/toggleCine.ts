import type { StackView } from '@/viewer/stackView'
import type { Viewer } from '@/viewer/viewer'

/** Whoever starts a cine of their own looks at something else than the presenter. */
export function toggleCine(viewer: Viewer, view: StackView): void {
  // The presenter's goes on without this screen.
  if (viewer.cine.isFollowed(view)) return viewer.changed.emit('user')
  if (viewer.cine.isPlaying(view)) return viewer.cine.stop(view)
  const { series, index, status } = view.state
  if (series === null) return
  viewer.changed.emit('user')
  if (status === 'ready') viewer.prefetcher.wish(view, series, index)
  viewer.cine.play(view)
}
