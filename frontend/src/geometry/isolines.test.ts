import { describe, expect, it } from 'vitest'

import { isolines } from './isolines'

const field = (columns: number, rows: number, value: (x: number, y: number) => number): number[] =>
  Array.from({ length: columns * rows }, (_, at) => value(at % columns, Math.floor(at / columns)))

const ends = (lines: Float32Array): [number, number][] =>
  Array.from({ length: lines.length / 2 }, (_, i) => [lines[2 * i] ?? 0, lines[2 * i + 1] ?? 0])

describe('isolines', () => {
  it('runs exactly where a ramp has the value', () => {
    const lines = isolines(field(8, 5, (x) => 10 * x), 8, 5, 34)
    expect(ends(lines)).toHaveLength(8)
    for (const [x] of ends(lines)) expect(x).toBeCloseTo(3.4, 5)
  })

  it('closes around a peak at the radius of its formula', () => {
    const radius = (x: number, y: number): number => Math.hypot(x - 40, y - 40)
    const dose = (r: number): number => 60 / (1 + (r / 18) ** 4)
    const values = field(81, 81, (x, y) => dose(radius(x, y)))
    const lines = isolines(values, 81, 81, 30.3)
    const expected = 18 * (60 / 30.3 - 1) ** 0.25
    for (const [x, y] of ends(lines)) expect(Math.abs(radius(x, y) - expected)).toBeLessThan(0.02)
    // Closed: every end is the end of exactly two pieces.
    const met = new Map<string, number>()
    for (const [x, y] of ends(lines)) {
      const key = `${x.toFixed(4)} ${y.toFixed(4)}`
      met.set(key, (met.get(key) ?? 0) + 1)
    }
    expect(new Set(met.values())).toEqual(new Set([2]))
  })

  it('joins opposite corners of a saddle only where its middle is above', () => {
    const joined = isolines([10, 0, 0, 10], 2, 2, 4)
    const apart = isolines([10, 0, 0, 10], 2, 2, 6)
    // Joined, the low corners are cut off; apart, the high ones are.
    expect(ends(joined).slice(0, 2)).toEqual([[0, expect.closeTo(0.6)], [expect.closeTo(0.4), 1]])
    expect(ends(apart).slice(0, 2)).toEqual([[0, expect.closeTo(0.4)], [expect.closeTo(0.4), 0]])
  })

  it('draws nothing beside what is not known', () => {
    expect(isolines([0, NaN, 10, 10], 2, 2, 5)).toHaveLength(0)
  })
})
