import { onPlane } from '@/geometry'

import type { PlaneHost } from './planeHost'
import type { PlaneLayer } from './planeLayer'
import { basePaintOf } from './planePainter'

/** The image of a parametric map in its colours, over the grey one: the same pixels, none computed. */
export function paintMap(layer: PlaneLayer, view: ReturnType<PlaneHost['view']>): boolean {
  const { state, shownImage, nativeFrame } = view
  const { map } = state.series ?? { map: null }
  if (map === null || map.colormap === 'grey') return false
  if (shownImage === null || nativeFrame === null || state.camera === null) return false
  const base = basePaintOf(state, shownImage.getPixelData() as ArrayLike<number>)
  if (base === null) return false
  const { plane } = nativeFrame
  const camera = onPlane(state.camera, plane)
  layer.draw({ plane, camera, base, overlay: null, smooth: false }, view.size)
  return true
}
