import {
  add,
  cross,
  distance,
  dot,
  length,
  midpoint,
  normalize,
  scale,
  subtract,
  type Vec3,
} from './vector'

/** Long axis `a`–`b` and short axis `c`–`d`, in one plane, at a right angle, crossing. */
export interface Bidirectional {
  readonly long_lps: readonly [Vec3, Vec3]
  readonly short_lps: readonly [Vec3, Vec3]
}

/** Share of the long axis that a fresh short axis gets before somebody drags it. */
const FIRST_SHORT_SHARE = 0.5

/** A fresh pair of axes over a just drawn long axis; `normal` is that of the image. */
export function bidirectionalFromLongAxis(start: Vec3, end: Vec3, normal: Vec3): Bidirectional {
  const axis = subtract(end, start)
  if (length(axis) < 1e-9) return { long_lps: [start, end], short_lps: [start, end] }
  const side = normalize(cross(normal, axis))
  const half = (length(axis) * FIRST_SHORT_SHARE) / 2
  const middle = midpoint(start, end)
  return {
    long_lps: [start, end],
    short_lps: [add(middle, scale(side, -half)), add(middle, scale(side, half))],
  }
}

/** How the short axis lies on the long one: share along it, and millimetres to either side. */
interface ShortAxisPlacement {
  readonly share: number
  readonly before_mm: number
  readonly after_mm: number
}

function placementOf(pair: Bidirectional, normal: Vec3): ShortAxisPlacement {
  const [a, b] = pair.long_lps
  const axis = subtract(b, a)
  const size = Math.max(length(axis), 1e-9)
  const unit = scale(axis, 1 / size)
  const side = normalize(cross(normal, length(axis) < 1e-9 ? [1, 0, 0] : axis))
  const [c, d] = pair.short_lps
  return {
    share: dot(subtract(c, a), unit) / size,
    before_mm: -dot(subtract(c, a), side),
    after_mm: dot(subtract(d, a), side),
  }
}

function placed(
  long_lps: readonly [Vec3, Vec3],
  normal: Vec3,
  place: ShortAxisPlacement,
): Bidirectional {
  const [a, b] = long_lps
  const axis = subtract(b, a)
  const side = normalize(cross(normal, axis))
  const crossing = add(a, scale(axis, Math.min(1, Math.max(0, place.share))))
  return {
    long_lps,
    short_lps: [
      add(crossing, scale(side, -Math.max(0, place.before_mm))),
      add(crossing, scale(side, Math.max(0, place.after_mm))),
    ],
  }
}

/**
 * The pair after handle `index` (0, 1 = long axis, 2, 3 = short axis) was dragged to `point_lps`.
 *
 * A long handle takes the short axis with it at the same share; a short handle moves along the
 * perpendicular and shifts the crossing with it. The right angle always holds.
 */
export function withHandleMoved(
  pair: Bidirectional,
  index: number,
  point_lps: Vec3,
  normal: Vec3,
): Bidirectional {
  const place = placementOf(pair, normal)
  const [a, b] = pair.long_lps
  if (index === 0)
    return distance(point_lps, b) < 1e-6 ? pair : placed([point_lps, b], normal, place)
  if (index === 1)
    return distance(a, point_lps) < 1e-6 ? pair : placed([a, point_lps], normal, place)
  const axis = subtract(b, a)
  const size = Math.max(length(axis), 1e-9)
  const share = dot(subtract(point_lps, a), axis) / (size * size)
  const offset_mm = dot(subtract(point_lps, a), normalize(cross(normal, axis)))
  if (index === 2) return placed(pair.long_lps, normal, { ...place, share, before_mm: -offset_mm })
  return placed(pair.long_lps, normal, { ...place, share, after_mm: offset_mm })
}

/** Lengths for display while dragging; the server's values are the ones that count. */
export function axisLengths_mm(pair: Bidirectional): { first_mm: number; second_mm: number } {
  return {
    first_mm: distance(...pair.long_lps),
    second_mm: distance(...pair.short_lps),
  }
}

/** The longer pair first, as LONG and SHORT axis are defined whoever was drawn first. */
export function ordered(pair: Bidirectional): Bidirectional {
  const { first_mm, second_mm } = axisLengths_mm(pair)
  if (first_mm >= second_mm) return pair
  return { long_lps: pair.short_lps, short_lps: pair.long_lps }
}

export const bidirectionalPoints = (pair: Bidirectional): Vec3[] => [
  ...pair.long_lps,
  ...pair.short_lps,
]

export function bidirectionalFromPoints(points_lps: readonly Vec3[]): Bidirectional | null {
  const [a, b, c, d] = points_lps
  if (!a || !b || !c || !d) return null
  return { long_lps: [a, b], short_lps: [c, d] }
}
