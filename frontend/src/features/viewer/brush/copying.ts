import type { MaskLayer } from '../maskLayers'
import type { CaseRoom } from '../useCaseRoom'
import type { DrawnRoom } from './useDrawnRoom'

/** A copy lies on the pictures of its origin: these are brought to the screen first. */
export async function copyMask(
  { viewer }: CaseRoom,
  drawn: DrawnRoom,
  layer: MaskLayer,
  label: string,
): Promise<void> {
  const { series_instance_uid } = layer
  const place = viewer.masks.fullestImage(layer.id)
  if (place !== null) await viewer.jumpTo({ series_instance_uid, ...place }, null)
  viewer.setTool('brush')
  await drawn.copy(layer, label)
}
