import { describe, expect, it } from 'vitest'

import { visitSwept } from './brush'
import { imageToPatient, planeFrom, type ImagePlane } from './plane'
import type { Vec3 } from './vector'

function planeWith(column_mm: number, row_mm: number): ImagePlane {
  const angle = 0.3
  const plane = planeFrom({
    image_position_lps: [-31, 17, 40],
    image_orientation: [Math.cos(angle), Math.sin(angle), 0, 0, 0, -1],
    pixel_spacing_mm: [row_mm, column_mm],
    columns: 40,
    rows: 30,
  })
  if (plane === null) throw new Error('not a plane')
  return plane
}

function painted(plane: ImagePlane, from: Vec3, to: Vec3, radius_mm: number): Set<string> {
  const found = new Set<string>()
  visitSwept(plane, from, to, radius_mm, (column, row) => found.add(`${column},${row}`))
  return found
}

/** Repeatable numbers between 0 and 1 (the minimal standard generator). */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

const distance3 = (a: Vec3, b: Vec3): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])

/** Every pixel of the image, tried in patient space. */
function expected(plane: ImagePlane, isIn: (centre: Vec3) => boolean): Set<string> {
  const found = new Set<string>()
  for (let row = 0; row < plane.rows; row += 1)
    for (let column = 0; column < plane.columns; column += 1)
      if (isIn(imageToPatient(plane, [column, row]))) found.add(`${column},${row}`)
  return found
}

describe('a brush', () => {
  it('covers exactly the pixels whose centres lie inside its disc, square or not', () => {
    const next = dice(7)
    for (let run = 0; run < 60; run += 1) {
      const plane = planeWith(0.3 + 2.2 * next(), 0.3 + 2.2 * next())
      const radius_mm = 0.1 + 12 * next()
      const centre = imageToPatient(plane, [-3 + 46 * next(), -3 + 36 * next()])
      const brushed = painted(plane, centre, centre, radius_mm)
      const surely = expected(plane, (one) => distance3(one, centre) <= radius_mm - 1e-5)
      const atMost = expected(plane, (one) => distance3(one, centre) <= radius_mm + 1e-5)
      for (const one of surely) expect(brushed.has(one)).toBe(true)
      for (const one of brushed) expect(atMost.has(one)).toBe(true)
    }
  })

  it('of 2 mm at a pixel centre of 1 × 0.5 mm is this shape', () => {
    const plane = planeWith(1, 0.5)
    const centre = imageToPatient(plane, [10, 10])
    const rows = new Map<number, number>()
    for (const one of painted(plane, centre, centre, 2)) {
      const row = Number(one.split(',')[1])
      rows.set(row, (rows.get(row) ?? 0) + 1)
    }
    expect([...rows.entries()].sort(([a], [b]) => a - b)).toEqual([
      [6, 1],
      [7, 3],
      [8, 3],
      [9, 3],
      [10, 5],
      [11, 3],
      [12, 3],
      [13, 3],
      [14, 1],
    ])
  })

  it('leaves no gap between two positions of a quick hand', () => {
    const plane = planeWith(1, 1)
    const [from, to] = [imageToPatient(plane, [5, 5]), imageToPatient(plane, [30, 5])]
    const found = painted(plane, from, to, 1)
    for (let column = 5; column <= 30; column += 1) expect(found.has(`${column},5`)).toBe(true)
    expect(found.has('4,5')).toBe(true)
    expect(found.has('3,5')).toBe(false)
    expect(found.has('17,7')).toBe(false)
  })

  it('is a sphere on the slices beside it', () => {
    const plane = planeWith(1, 1)
    const [x, y, z] = imageToPatient(plane, [20, 15])
    const [a, b, c] = plane.normal
    const beside: Vec3 = [x + 3 * a, y + 3 * b, z + 3 * c]
    const found = painted(plane, beside, beside, 5)
    const four = expected(plane, (one) => distance3(one, imageToPatient(plane, [20, 15])) <= 4 + 1e-6)
    expect(found).toEqual(four)
    expect(painted(plane, beside, beside, 2.9).size).toBe(0)
  })
})
