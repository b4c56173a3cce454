import type { Vec3 } from '@/geometry'

import { rayThrough } from './ray'
import { samplePlane, type Volume } from './sampling'

/** The point of greatest value on a ray, or null where it misses the volume. */
export function brightestAlong(
  volume: Volume,
  through: Vec3,
  direction: Vec3,
  length_mm: number,
): Vec3 | null {
  const ray = rayThrough(volume, through, direction, length_mm)
  let best = -1
  let greatest = -Infinity
  samplePlane(volume, ray.plane).forEach((value, at) => {
    if (value <= greatest || Number.isNaN(value)) return
    greatest = value
    best = at
  })
  return best < 0 ? null : ray.at(best)
}
