import type { ImagePlane } from './plane'
import { directionLetters } from './orientation'
import { dot, negate, type Vec3 } from './vector'

export interface SlicePosition {
  /** Patient direction in which the plane lies from the origin, strongest axis first. */
  readonly letters: string
  readonly distance_mm: number
}

/**
 * Where a plane lies along its own normal, seen from the origin of its frame of reference: for an
 * axial slice the `S` or `I` coordinate, and as well defined for an oblique one.
 */
export function slicePosition(plane: ImagePlane): SlicePosition {
  const along_mm = dot(plane.origin_lps, plane.normal)
  const towards: Vec3 = along_mm < 0 ? negate(plane.normal) : plane.normal
  return { letters: directionLetters(towards), distance_mm: Math.abs(along_mm) }
}
