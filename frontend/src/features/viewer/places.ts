import { add, scale, type Vec3 } from '@/geometry'

/** The middle of some points, or null of none. */
export function middleOf(points_lps: readonly Vec3[] | null): Vec3 | null {
  if (points_lps === null || points_lps.length === 0) return null
  const sum = points_lps.reduce<Vec3>((total, point) => add(total, point), [0, 0, 0])
  return scale(sum, 1 / points_lps.length)
}
