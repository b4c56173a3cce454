import { imageToPatient, patientToImage, type ImagePlane } from './plane'
import { add, cross, dot, length, scale, subtract, type Vec3 } from './vector'

/** Degrees from 0 to 180: atan2(|a × b|, a · b) keeps its digits where the arc cosine loses them. */
export const angleBetween_deg = (a: Vec3, b: Vec3): number =>
  (Math.atan2(length(cross(a, b)), dot(a, b)) * 180) / Math.PI

/** Area of a plane polygon, however oblique: |½ Σ (pᵢ − p₀) × (pᵢ₊₁ − p₀)|. */
export function polygonArea(points: readonly Vec3[]): number {
  const [first, ...others] = points
  if (first === undefined) return 0
  const arms = others.map((point) => subtract(point, first))
  const sum = arms
    .slice(1)
    .reduce<Vec3>((total, arm, index) => add(total, cross(arms[index] ?? arm, arm)), [0, 0, 0])
  return length(scale(sum, 0.5))
}

/** Corners in order of the box along rows and columns with `a` and `c` at opposite corners. */
export function boxCorners(
  a: Vec3,
  c: Vec3,
  plane: ImagePlane,
): readonly [Vec3, Vec3, Vec3, Vec3] {
  const [left, top] = patientToImage(plane, a)
  const [right, bottom] = patientToImage(plane, c)
  return [
    a,
    imageToPatient(plane, [right, top]),
    c,
    imageToPatient(plane, [left, bottom]),
  ]
}
