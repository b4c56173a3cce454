import { along, type ImagePlane, type Vec3 } from '@/geometry'

import { finestEdge_mm, samplePlane, type Volume } from './sampling'

/** The point of greatest value on a ray, or null where it misses the volume. */
export function brightestAlong(
  volume: Volume,
  through: Vec3,
  direction: Vec3,
  length_mm: number,
): Vec3 | null {
  const step_mm = finestEdge_mm(volume.grid) / 2
  const reach = Math.ceil(length_mm / step_mm)
  const start = along(through, direction, -reach * step_mm, direction, 0)
  // A ray is a plane of one row.
  const ray: ImagePlane = {
    origin_lps: start,
    column_step: direction,
    row_step: [0, 0, 0],
    normal: [0, 0, 0],
    column_spacing_mm: step_mm,
    row_spacing_mm: 0,
    columns: 2 * reach + 1,
    rows: 1,
  }
  let best = -1
  let greatest = -Infinity
  samplePlane(volume, ray).forEach((value, at) => {
    if (value <= greatest || Number.isNaN(value)) return
    greatest = value
    best = at
  })
  return best < 0 ? null : along(start, direction, best * step_mm, direction, 0)
}
