import { describe, expect, it } from 'vitest'

import {
  distanceToPlane_mm,
  imageToPatient,
  isInsideImage,
  nearestPlaneIndex,
  patientToImage,
  pixelPlane,
  planeCentre_lps,
  planeFrom,
} from './plane'
import { AXIAL, between, randomPlane, seeded } from './testing'
import { add, distance, dot, scale } from './vector'

describe('image plane', () => {
  it('maps the centre of the first pixel to Image Position (Patient)', () => {
    expect(imageToPatient(AXIAL, [0, 0])).toEqual([-250, -250, 100])
  })

  it('takes the first value of Pixel Spacing as the distance between rows', () => {
    const plane = planeFrom({
      image_position_lps: [0, 0, 0],
      image_orientation: [1, 0, 0, 0, 1, 0],
      pixel_spacing_mm: [2, 0.5],
      columns: 10,
      rows: 10,
    })
    expect(plane && imageToPatient(plane, [1, 1])).toEqual([0.5, 2, 0])
  })

  it('returns to the same column and row through patient space, on any oblique plane', () => {
    const random = seeded(1)
    for (let run = 0; run < 300; run += 1) {
      const plane = randomPlane(random)
      const image = [between(random, -5, plane.columns), between(random, -5, plane.rows)] as const
      const back = patientToImage(plane, imageToPatient(plane, image))
      expect(back[0]).toBeCloseTo(image[0], 6)
      expect(back[1]).toBeCloseTo(image[1], 6)
    }
  })

  it('keeps millimetres: steps along a row are the column spacing, at a right angle to the normal', () => {
    const random = seeded(2)
    for (let run = 0; run < 200; run += 1) {
      const plane = randomPlane(random)
      const a = imageToPatient(plane, [3, 4])
      const b = imageToPatient(plane, [4, 4])
      expect(distance(a, b)).toBeCloseTo(plane.column_spacing_mm, 8)
      expect(dot(plane.normal, plane.column_step)).toBeCloseTo(0, 8)
      expect(distanceToPlane_mm(plane, b)).toBeCloseTo(0, 6)
    }
  })

  it('projects a point off the plane along the normal', () => {
    const random = seeded(3)
    for (let run = 0; run < 100; run += 1) {
      const plane = randomPlane(random)
      const away = between(random, -40, 40)
      const point = add(imageToPatient(plane, [7.25, 2.5]), scale(plane.normal, away))
      expect(distanceToPlane_mm(plane, point)).toBeCloseTo(away, 6)
      expect(patientToImage(plane, point)[0]).toBeCloseTo(7.25, 5)
    }
  })

  it.each([
    ['five direction values', [1, 0, 0, 0, 1], [1, 1]],
    ['parallel directions', [1, 0, 0, 1, 0, 0], [1, 1]],
    ['directions that are not of unit length', [2, 0, 0, 0, 1, 0], [1, 1]],
    ['a value that is not a number', [1, 0, 0, 0, Number.NaN, 0], [1, 1]],
    ['zero spacing', [1, 0, 0, 0, 1, 0], [0, 1]],
  ])('refuses %s', (_, image_orientation, spacing) => {
    expect(
      planeFrom({
        image_position_lps: [0, 0, 0],
        image_orientation: image_orientation as number[],
        pixel_spacing_mm: spacing as [number, number],
        columns: 4,
        rows: 4,
      }),
    ).toBeNull()
  })

  it('finds the nearest slice by distance along the normal, never by index', () => {
    const planes = [30, 10, 20].map((z) => ({ ...AXIAL, origin_lps: [-250, -250, z] as const }))
    expect(nearestPlaneIndex(planes, [0, 0, 12])).toBe(1)
    expect(nearestPlaneIndex([null, ...planes], [0, 0, 29])).toBe(1)
    expect(nearestPlaneIndex([], [0, 0, 0])).toBeNull()
  })

  it('counts the outer half pixel as inside', () => {
    expect(isInsideImage(AXIAL, imageToPatient(AXIAL, [-0.4, 511.4]))).toBe(true)
    expect(isInsideImage(AXIAL, imageToPatient(AXIAL, [-0.6, 0]))).toBe(false)
  })

  it('centres an image without patient space on its pixels', () => {
    expect(planeCentre_lps(pixelPlane(11, 21, 2))).toEqual([5, 20, 0])
  })
})
