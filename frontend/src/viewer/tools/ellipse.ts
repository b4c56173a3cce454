import { boxCorners, distance, midpoint, type ImagePlane, type Vec2, type Vec3 } from '@/geometry'

import type { MeasuringTool } from './tool'

const STEPS = 64

/** The ellipse within a box: ends of its two axes. */
function inBox(a: Vec3, c: Vec3, plane: ImagePlane): readonly Vec3[] {
  const [p, q, r, s] = boxCorners(a, c, plane)
  return [midpoint(p, s), midpoint(q, r), midpoint(p, q), midpoint(r, s)]
}

/** The opposite end stays; the other axis moves to the new middle and keeps its length. */
function withEndMoved(points: readonly Vec3[], index: number, to: Vec3): readonly Vec3[] {
  const [a, b, c, d] = points
  const own = points[index]
  const opposite = points[index ^ 1]
  if (!a || !b || !c || !d || !own || !opposite) return points
  const axis = direction(opposite, own)
  const reach = dotOf(axis, opposite, to)
  if (reach <= 0) return points
  const end = along(opposite, axis, reach)
  const before = midpoint(own, opposite)
  const after = midpoint(end, opposite)
  const shifted = (point: Vec3): Vec3 => [
    point[0] + after[0] - before[0],
    point[1] + after[1] - before[1],
    point[2] + after[2] - before[2],
  ]
  return points.map((point, at) => {
    if (at === index) return end
    return at === (index ^ 1) ? opposite : shifted(point)
  })
}

const direction = (from: Vec3, to: Vec3): Vec3 => {
  const size = Math.max(distance(from, to), 1e-9)
  return [(to[0] - from[0]) / size, (to[1] - from[1]) / size, (to[2] - from[2]) / size]
}
const dotOf = (axis: Vec3, from: Vec3, to: Vec3): number =>
  axis[0] * (to[0] - from[0]) + axis[1] * (to[1] - from[1]) + axis[2] * (to[2] - from[2])
const along = (from: Vec3, axis: Vec3, by: number): Vec3 => [
  from[0] + axis[0] * by,
  from[1] + axis[1] * by,
  from[2] + axis[2] * by,
]

function curve([a, b, c, d]: readonly Vec2[]): Vec2[] {
  if (!a || !b || !c || !d) return []
  const middle: Vec2 = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]
  const u: Vec2 = [(b[0] - a[0]) / 2, (b[1] - a[1]) / 2]
  const v: Vec2 = [(d[0] - c[0]) / 2, (d[1] - c[1]) / 2]
  return Array.from({ length: STEPS + 1 }, (_, step): Vec2 => {
    const angle = (2 * Math.PI * step) / STEPS
    const [s, t] = [Math.cos(angle), Math.sin(angle)]
    return [middle[0] + s * u[0] + t * v[0], middle[1] + s * u[1] + t * v[1]]
  })
}

export const ellipseTool: MeasuringTool = {
  kind: 'ellipse',
  clicks: 2,
  shape: (set, plane) => {
    const [a, c] = set
    return a && c ? inBox(a, c, plane) : set
  },
  isComplete: ([a, b, c, d]) => !!(a && b && c && d) && distance(a, b) > 0 && distance(c, d) > 0,
  // The longer axis first, as the server arranges them.
  finished: (points) => {
    const [a, b, c, d] = points
    if (!a || !b || !c || !d || distance(a, b) >= distance(c, d)) return [...points]
    return [c, d, a, b]
  },
  moved: withEndMoved,
  strokes: (points) => [points.length === 4 ? curve(points) : points],
  words: ({ points: [a, b, c, d], unit }) =>
    a && b && c && d
      ? `${((Math.PI / 4) * distance(a, b) * distance(c, d)).toFixed(0)} ${unit}²`
      : '',
}
