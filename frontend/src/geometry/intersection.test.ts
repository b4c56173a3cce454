import { describe, expect, it } from 'vitest'

import { cutOf, planeCorners_lps } from './intersection'
import { distanceToPlane_mm, isInsideImage, planeFrom, type ImagePlane } from './plane'
import { randomPlane, seeded } from './testing'
import { distance, type Vec3 } from './vector'

const plane = (position: Vec3, orientation: number[], size = 100): ImagePlane =>
  planeFrom({
    image_position_lps: position,
    image_orientation: orientation,
    pixel_spacing_mm: [1, 1],
    columns: size,
    rows: size,
  }) as ImagePlane

const AXIAL = plane([0, 0, 20], [1, 0, 0, 0, 1, 0])
/** x = 30, from y −0.5 to 99.5 and z 99.5 down to −0.5. */
const SAGITTAL = plane([30, 0, 99], [0, 1, 0, 0, 0, -1])

const cut = (one: ImagePlane, other: ImagePlane) =>
  cutOf(one, planeCorners_lps(other), other.normal)

describe('where one image cuts another', () => {
  it('is a line across it, at the height of the one and the side of the other', () => {
    const [a, b] = cut(AXIAL, SAGITTAL) ?? []
    expect([a, b].map((point) => point?.map((value) => Math.round(value * 1e6) / 1e6))).toEqual(
      expect.arrayContaining([
        [30, -0.5, 20],
        [30, 99.5, 20],
      ]),
    )
  })

  it('is nowhere for parallel images, nor for one that ends before', () => {
    expect(cut(AXIAL, plane([0, 0, 25], [1, 0, 0, 0, 1, 0]))).toBeNull()
    expect(cut(AXIAL, plane([30, 0, 10], [0, 1, 0, 0, 0, -1], 5))).toBeNull()
  })

  it('lies on both planes and inside the image that casts it, however they are turned', () => {
    const random = seeded(11)
    let found = 0
    for (let i = 0; i < 500; i += 1) {
      const [on, of] = [randomPlane(random), randomPlane(random)]
      const ends = cut(on, of)
      if (ends === null) continue
      found += 1
      for (const end of ends) {
        expect(Math.abs(distanceToPlane_mm(on, end))).toBeLessThan(1e-6)
        expect(Math.abs(distanceToPlane_mm(of, end))).toBeLessThan(1e-6)
      }
      const middle = ends[0].map((value, at) => (value + (ends[1][at] ?? 0)) / 2) as unknown as Vec3
      expect(isInsideImage(of, middle)).toBe(true)
      expect(distance(...ends)).toBeGreaterThan(0)
    }
    expect(found).toBeGreaterThan(100)
  })
})
