import { describe, expect, it } from 'vitest'

import { AXIAL } from '@/geometry/testing'
import { imageToPatient, type Vec2, type VolumeGrid } from '@/geometry'

import {
  contoursOn,
  largestContour,
  maskVolume_ml,
  rasteriseContours,
  type Contour,
} from './contours'

const contour = (points: readonly (readonly number[])[], kind = 'CLOSED_PLANAR'): Contour => ({
  kind,
  sop_instance_uid: '1.2',
  points_lps: points.flat(),
})

const GRID: VolumeGrid = {
  origin_lps: [-20, -20, -10],
  column_mm: [1, 0, 0],
  row_mm: [0, 1, 0],
  slice_mm: [0, 0, 2],
  size: [41, 41, 11],
}

const square = (half: number, z: number, x = 0): Contour =>
  contour([
    [x - half, -half, z],
    [x + half, -half, z],
    [x + half, half, z],
    [x - half, half, z],
  ])

describe('contours on an image', () => {
  it('lie at the pixels of their points', () => {
    const pixels: Vec2[] = [
      [10, 20],
      [30, 20],
      [30, 44.25],
    ]
    const [placed] = contoursOn(AXIAL, [contour(pixels.map((p) => imageToPatient(AXIAL, p)))])
    expect(placed?.isClosed).toBe(true)
    placed?.points.forEach(([column, row], index) => {
      expect(column).toBeCloseTo(pixels[index]?.[0] ?? NaN, 6)
      expect(row).toBeCloseTo(pixels[index]?.[1] ?? NaN, 6)
    })
  })

  it('are not drawn a tenth of a millimetre beside it, nor where one point leaves it', () => {
    expect(contoursOn(AXIAL, [square(5, 100.04)])).toHaveLength(1)
    expect(contoursOn(AXIAL, [square(5, 100.1)])).toHaveLength(0)
    expect(contoursOn(AXIAL, [contour([[0, 0, 100], [9, 0, 100], [9, 9, 101]])])).toHaveLength(0)
  })

  it('keep open lines open', () => {
    const [line] = contoursOn(AXIAL, [contour([[0, 0, 100], [9, 0, 100]], 'OPEN_PLANAR')])
    expect(line?.isClosed).toBe(false)
  })
})

describe('a structure on a lattice', () => {
  it('has the volume of a sphere within a few per cent', () => {
    const radius = 15
    const circles = Array.from({ length: 11 }, (_, k) => 2 * k - 10).map((z) => {
      const r = Math.sqrt(radius ** 2 - z ** 2)
      const corners = Array.from({ length: 120 }, (_, i) => (i / 120) * 2 * Math.PI)
      return contour(corners.map((a) => [r * Math.cos(a), r * Math.sin(a), z]))
    })
    const volume = maskVolume_ml(rasteriseContours(circles, GRID), GRID)
    // Of the sphere between -11 and 11 mm: pi (r² h - h³/12), h = 22.
    const truth = (Math.PI * (radius ** 2 * 22 - 22 ** 3 / 12)) / 1000
    expect(Math.abs(volume / truth - 1)).toBeLessThan(0.01)
  })

  it('leaves a hole out, by even-odd, and in whichever order the contours come', () => {
    const filled = (contours: Contour[]): number =>
      rasteriseContours(contours, GRID).reduce((sum, value) => sum + value, 0)
    const [rim, hole] = [square(10.5, 0), square(4.5, 0)]
    expect(filled([rim])).toBe(21 * 21)
    expect(filled([rim, hole])).toBe(21 * 21 - 9 * 9)
    expect(filled([hole, rim])).toBe(21 * 21 - 9 * 9)
  })

  it('leaves the hole of a keyhole out, whose seam runs there and back', () => {
    const keyhole = contour([
      [-10.5, -10.5, 0], [10.5, -10.5, 0], [10.5, 10.5, 0], [-10.5, 10.5, 0], [-10.5, 0.3, 0],
      [-4.5, 0.3, 0], [-4.5, 4.5, 0], [4.5, 4.5, 0], [4.5, -4.5, 0], [-4.5, -4.5, 0],
      [-4.5, 0.3, 0], [-10.5, 0.3, 0],
    ])
    const mask = rasteriseContours([keyhole], GRID)
    expect(mask.reduce((sum, value) => sum + value, 0)).toBe(21 * 21 - 9 * 9)
  })

  it('fills no slice from between slices, and goes to the largest', () => {
    expect(rasteriseContours([square(5, 1)], GRID).some((value) => value > 0)).toBe(false)
    const found = largestContour([square(2, 0), square(6, 4, 3), square(5, 8)])
    expect(found?.middle_lps).toEqual([3, 0, 4])
  })
})
