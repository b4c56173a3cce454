import { describe, expect, it } from 'vitest'

import {
  axisLengths_mm,
  bidirectionalFromLongAxis,
  ordered,
  withHandleMoved,
} from './bidirectional'
import { maskOutline } from './maskOutline'
import { directionLetters } from './orientation'
import { imageToPatient } from './plane'
import { scaleBarFor } from './scaleBar'
import { between, randomPlane, seeded } from './testing'
import { dot, subtract } from './vector'

describe('bidirectional', () => {
  it('keeps both axes in the plane and at a right angle, whatever handle is dragged', () => {
    const random = seeded(11)
    for (let run = 0; run < 200; run += 1) {
      const plane = randomPlane(random)
      const spot = () =>
        imageToPatient(plane, [between(random, 0, plane.columns), between(random, 0, plane.rows)])
      let pair = bidirectionalFromLongAxis(spot(), spot(), plane.normal)
      for (const index of [0, 3, 2, 1]) pair = withHandleMoved(pair, index, spot(), plane.normal)
      const long = subtract(pair.long_lps[1], pair.long_lps[0])
      const short = subtract(pair.short_lps[1], pair.short_lps[0])
      expect(Math.abs(dot(long, short))).toBeLessThan(1e-4)
      expect(Math.abs(dot(short, plane.normal))).toBeLessThan(1e-4)
    }
  })

  it('follows the dragged short handle in millimetres', () => {
    const pair = bidirectionalFromLongAxis([0, 0, 0], [40, 0, 0], [0, 0, 1])
    const moved = withHandleMoved(pair, 3, [20, 12, 0], [0, 0, 1])
    expect(axisLengths_mm(moved)).toEqual({ first_mm: 40, second_mm: 22 })
  })

  it('never crosses over: a short handle stops at the long axis', () => {
    const pair = bidirectionalFromLongAxis([0, 0, 0], [40, 0, 0], [0, 0, 1])
    const moved = withHandleMoved(pair, 3, [20, -30, 0], [0, 0, 1])
    expect(axisLengths_mm(moved).second_mm).toBe(10)
  })

  it('calls the longer axis the long axis, whoever was drawn first', () => {
    const drawn = {
      long_lps: [
        [0, 0, 0],
        [10, 0, 0],
      ],
      short_lps: [
        [5, -9, 0],
        [5, 9, 0],
      ],
    } as const
    expect(axisLengths_mm(ordered(drawn))).toEqual({ first_mm: 18, second_mm: 10 })
  })

  it('survives a click without a drag', () => {
    const pair = bidirectionalFromLongAxis([1, 2, 3], [1, 2, 3], [0, 0, 1])
    expect(axisLengths_mm(pair)).toEqual({ first_mm: 0, second_mm: 0 })
  })
})

describe('orientation letters', () => {
  it.each([
    [[1, 0, 0], 'L'],
    [[0, 1, 0], 'P'],
    [[0, 0, -3], 'I'],
    [[-0.8, -0.6, 0], 'RA'],
    [[0.1, 0.05, 0.99], 'S'],
  ] as const)('names %j as %s', (direction, letters) => {
    expect(directionLetters(direction)).toBe(letters)
  })
})

describe('scale bar', () => {
  it('is a round length that fits the room', () => {
    const random = seeded(12)
    for (let run = 0; run < 200; run += 1) {
      const mm_per_px = 10 ** between(random, -3, 1)
      const bar = scaleBarFor(mm_per_px, 160)
      expect(bar).not.toBeNull()
      if (bar === null) return
      expect(bar.length_px).toBeLessThanOrEqual(160 + 1e-9)
      expect(bar.length_px).toBeGreaterThanOrEqual(160 / 2.5 - 1e-9)
      expect(bar.length_px * mm_per_px).toBeCloseTo(bar.length_mm, 9)
    }
  })

  it('speaks centimetres from one centimetre on', () => {
    expect(scaleBarFor(1, 120)?.label).toBe('10 cm')
    expect(scaleBarFor(0.0005, 120)?.label).toBe('50 µm')
    expect(scaleBarFor(0.05, 120)?.label).toBe('5 mm')
    expect(scaleBarFor(Number.NaN, 120)).toBeNull()
  })
})

describe('mask outline', () => {
  it('is the four edges of a single pixel', () => {
    const mask = new Uint8Array(9)
    mask[4] = 1
    expect(Array.from(maskOutline(mask, 3, 3))).toEqual([
      0.5, 0.5, 1.5, 0.5, 0.5, 1.5, 1.5, 1.5, 0.5, 0.5, 0.5, 1.5, 1.5, 0.5, 1.5, 1.5,
    ])
  })

  it('has the total length of all pixel edges between inside and outside', () => {
    const random = seeded(13)
    for (let run = 0; run < 30; run += 1) {
      const [columns, rows] = [9, 7]
      const mask = Uint8Array.from({ length: columns * rows }, () => (random() < 0.4 ? 1 : 0))
      const at = (x: number, y: number) =>
        x >= 0 && y >= 0 && x < columns && y < rows ? mask[y * columns + x] : 0
      let edges = 0
      for (let y = 0; y <= rows; y += 1)
        for (let x = 0; x <= columns; x += 1) {
          if (at(x, y) !== at(x - 1, y)) edges += 1
          if (at(x, y) !== at(x, y - 1)) edges += 1
        }
      const outline = maskOutline(mask, columns, rows)
      let total = 0
      for (let i = 0; i < outline.length; i += 4) {
        const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = outline.slice(i, i + 4)
        total += Math.abs(x1 - x0) + Math.abs(y1 - y0)
      }
      expect(total).toBe(edges)
    }
  })
})
