import { distanceToPlane_mm, imageToPatient, type ImagePlane } from './plane'
import { add, distance, dot, scale, subtract, type Vec3 } from './vector'

/** The corners of the image area, half a pixel beyond the outermost centres, in order around it. */
export function planeCorners_lps(plane: ImagePlane): [Vec3, Vec3, Vec3, Vec3] {
  const [right, bottom] = [plane.columns - 0.5, plane.rows - 0.5]
  return [
    imageToPatient(plane, [-0.5, -0.5]),
    imageToPatient(plane, [right, -0.5]),
    imageToPatient(plane, [right, bottom]),
    imageToPatient(plane, [-0.5, bottom]),
  ]
}

/** Planes within 5° of each other cut, if at all, far from where anybody looks. */
const PARALLEL_COSINE = Math.cos((5 * Math.PI) / 180)
const SAME_POINT_MM = 1e-6

/**
 * Where the image area with these corners crosses `plane`: the two ends of the segment, or null
 * when it does not, or only in a corner, or when both look the same way.
 */
export function cutOf(
  plane: ImagePlane,
  corners: readonly Vec3[],
  normal: Vec3,
): [Vec3, Vec3] | null {
  if (Math.abs(dot(plane.normal, normal)) > PARALLEL_COSINE) return null
  const ends: Vec3[] = []
  corners.forEach((from, at) => {
    const to = corners[(at + 1) % corners.length] ?? from
    const [a, b] = [distanceToPlane_mm(plane, from), distanceToPlane_mm(plane, to)]
    if (a === b || a * b > 0) return
    const point = add(from, scale(subtract(to, from), a / (a - b)))
    if (ends.every((end) => distance(end, point) > SAME_POINT_MM)) ends.push(point)
  })
  const [first, second] = ends
  return first && second ? [first, second] : null
}
