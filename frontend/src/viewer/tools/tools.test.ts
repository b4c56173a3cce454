import { describe, expect, it } from 'vitest'

import {
  angleBetween_deg,
  boxCorners,
  distance,
  dot,
  imageToPatient,
  polygonArea,
  subtract,
  type ImagePlane,
  type Vec3,
} from '@/geometry'
import { between, randomPlane, seeded } from '@/geometry/testing'

import { MEASURING_TOOLS } from '.'
import type { MeasuringTool } from './tool'

const FLAT = { unit: 'mm' as const }
const words = (tool: MeasuringTool, points: readonly Vec3[]): string =>
  tool.words({ ...FLAT, points, angular: points })

const spotOn = (random: () => number, plane: ImagePlane): Vec3 =>
  imageToPatient(plane, [between(random, 0, plane.columns), between(random, 0, plane.rows)])

describe('figures', () => {
  it('measures angles and areas by hand-checked values', () => {
    expect(angleBetween_deg([1, 0, 0], [-1, Math.sqrt(3), 0])).toBeCloseTo(120, 9)
    expect(angleBetween_deg([1, 0, 0], [1, 1e-9, 0])).toBeCloseTo(5.729577951e-8, 12)
    expect(polygonArea([[0, 0, 0], [4, 0, 0], [0, 3, 0]])).toBe(6)
    const ell: Vec3[] = [[0, 0, 5], [2, 0, 5], [2, 1, 5], [1, 1, 5], [1, 2, 5], [0, 2, 5]]
    expect(polygonArea(ell)).toBeCloseTo(3, 12)
  })

  it('makes a box of right angles on any oblique plane of any pixels', () => {
    const random = seeded(3)
    for (let run = 0; run < 100; run += 1) {
      const plane = randomPlane(random)
      const [a, b, c, d] = boxCorners(spotOn(random, plane), spotOn(random, plane), plane)
      expect(dot(subtract(b, a), subtract(c, b))).toBeCloseTo(0, 5)
      expect(distance(a, b)).toBeCloseTo(distance(c, d), 6)
      expect(polygonArea([a, b, c, d])).toBeCloseTo(distance(a, b) * distance(b, c), 4)
    }
  })
})

describe('measuring tools', () => {
  it.each(Object.values(MEASURING_TOOLS))('$kind is complete with its points only', (tool) => {
    const random = seeded(5)
    const plane = randomPlane(random)
    const count = tool.clicks ?? 5
    const set = Array.from({ length: count }, () => spotOn(random, plane))
    expect(tool.isComplete(tool.shape(set, plane))).toBe(true)
    expect(tool.isComplete(tool.shape(set.slice(0, Math.min(count - 1, 2)), plane))).toBe(false)
    expect(tool.isComplete([])).toBe(false)
  })

  it.each(Object.values(MEASURING_TOOLS).filter((tool) => tool.moved))(
    '$kind stays what it is when a handle is dragged',
    (tool) => {
      const random = seeded(17)
      for (let run = 0; run < 40; run += 1) {
        const plane = randomPlane(random)
        const set = Array.from({ length: tool.clicks ?? 0 }, () => spotOn(random, plane))
        const before = tool.shape(set, plane)
        for (let handle = 0; handle < before.length; handle += 1) {
          const after = tool.moved?.(before, handle, spotOn(random, plane), plane) ?? []
          expect(after).toHaveLength(before.length)
          if (tool.kind === 'rectangle' || tool.kind === 'ellipse') expectSquare(tool, after)
        }
      }
    },
  )

  it('says what the server will say', () => {
    const { angle, cobb, rectangle, ellipse, bidirectional } = MEASURING_TOOLS
    expect(words(angle, [[1, 0, 0], [0, 0, 0], [0, 2, 0]])).toBe('90.0°')
    expect(words(cobb, [[0, 0, 0], [10, 0, 0], [10, 19, 0], [0, 9, 0]])).toBe('45.0°')
    expect(words(rectangle, [[0, 0, 0], [6, 0, 0], [6, 4, 0], [0, 4, 0]])).toBe('24 mm²')
    expect(words(ellipse, [[-5, 0, 0], [5, 0, 0], [0, -2, 0], [0, 2, 0]])).toBe('31 mm²')
    expect(words(bidirectional, [[0, 0, 0], [9, 0, 0], [4, -2, 0], [4, 1, 0]])).toBe('9.0 × 3.0 mm')
  })

  it('puts the longer axis of an ellipse first, as the server does', () => {
    const drawn: Vec3[] = [[0, -2, 0], [0, 2, 0], [-5, 0, 0], [5, 0, 0]]
    expect(MEASURING_TOOLS.ellipse.finished(drawn)[0]).toEqual([-5, 0, 0])
  })
})

/** Right angles, and the ends of axes at equal distance from their middle. */
function expectSquare(tool: MeasuringTool, points: readonly Vec3[]): void {
  const [a, b, c, d] = points as readonly [Vec3, Vec3, Vec3, Vec3]
  if (tool.kind === 'rectangle') {
    expect(dot(subtract(b, a), subtract(c, b))).toBeCloseTo(0, 4)
    return
  }
  expect(dot(subtract(b, a), subtract(d, c))).toBeCloseTo(0, 4)
  for (let axis = 0; axis < 3; axis += 1) {
    expect((a[axis] ?? 0) + (b[axis] ?? 0)).toBeCloseTo((c[axis] ?? 0) + (d[axis] ?? 0), 5)
  }
}
