import { describe, expect, it } from 'vitest'

import {
  applyAffine,
  canvasToPatient,
  fitFromParallelScale,
  fittingCamera,
  imageToCanvas,
  mmPerPixel,
  onPlane,
  panned,
  parallelScaleFromFit,
  patientToCanvas,
  rotatedClockwise,
  screenAxes,
  zoomedAbout,
  type PlaneCamera,
} from './camera'
import { edgeLetters } from './orientation'
import { distanceToPlane_mm, imageToPatient, planeCentre_lps } from './plane'
import { AXIAL, between, randomPlane, seeded } from './testing'
import { distance } from './vector'

const WIDE = { width: 800, height: 400 }
const TALL = { width: 300, height: 900 }

function anyCamera(random: () => number, camera: PlaneCamera): PlaneCamera {
  return {
    ...rotatedClockwise(camera, between(random, 0, 360)),
    fit_mm: between(random, 5, 400),
    flip_horizontal: random() < 0.5,
    flip_vertical: random() < 0.5,
  }
}

describe('plane camera', () => {
  it('shows an axial slice as radiologists expect: patient right at screen left, anterior up', () => {
    const { right, up } = screenAxes(fittingCamera(AXIAL, WIDE))
    expect(edgeLetters(right, up)).toEqual({ top: 'A', right: 'L', bottom: 'P', left: 'R' })
  })

  it('fits the whole image into any canvas', () => {
    const random = seeded(4)
    for (let run = 0; run < 200; run += 1) {
      const plane = randomPlane(random)
      const canvas = { width: between(random, 80, 2000), height: between(random, 80, 2000) }
      const camera = fittingCamera(plane, canvas)
      const corners = [
        [-0.5, -0.5],
        [plane.columns - 0.5, plane.rows - 0.5],
      ] as const
      const placed = corners.map((corner) =>
        patientToCanvas(camera, canvas, imageToPatient(plane, corner)),
      )
      for (const [x, y] of placed) {
        expect(x).toBeGreaterThan(-1e-6)
        expect(x).toBeLessThan(canvas.width + 1e-6)
        expect(y).toBeGreaterThan(-1e-6)
        expect(y).toBeLessThan(canvas.height + 1e-6)
      }
    }
  })

  it('returns to the same patient point through the canvas', () => {
    const random = seeded(5)
    for (let run = 0; run < 200; run += 1) {
      const plane = randomPlane(random)
      const camera = anyCamera(random, fittingCamera(plane, WIDE))
      const point = imageToPatient(plane, [between(random, 0, 100), between(random, 0, 100)])
      const back = canvasToPatient(camera, WIDE, patientToCanvas(camera, WIDE, point))
      expect(distance(point, back)).toBeLessThan(1e-6)
    }
  })

  it('LIVE-P6 two canvases of other shape show the same centre and the same millimetres along the shorter side', () => {
    const random = seeded(6)
    for (let run = 0; run < 200; run += 1) {
      const camera = anyCamera(random, fittingCamera(randomPlane(random), WIDE))
      for (const canvas of [WIDE, TALL, { width: 500, height: 500 }]) {
        const middle = canvasToPatient(camera, canvas, [canvas.width / 2, canvas.height / 2])
        expect(distance(middle, camera.focal_point_lps)).toBeLessThan(1e-9)
        const shorter = Math.min(canvas.width, canvas.height)
        expect(shorter * mmPerPixel(camera, canvas)).toBeCloseTo(2 * camera.fit_mm, 8)
        const scale = parallelScaleFromFit(camera.fit_mm, canvas)
        expect(scale).toBeCloseTo((canvas.height * mmPerPixel(camera, canvas)) / 2, 8)
        expect(fitFromParallelScale(scale, canvas)).toBeCloseTo(camera.fit_mm, 8)
      }
    }
  })

  it('draws a pixel where its patient point is', () => {
    const random = seeded(7)
    for (let run = 0; run < 100; run += 1) {
      const plane = randomPlane(random)
      const camera = anyCamera(random, fittingCamera(plane, TALL))
      const transform = imageToCanvas(camera, TALL, plane)
      const direct = patientToCanvas(camera, TALL, imageToPatient(plane, [12.5, 3.25]))
      const through = applyAffine(transform, [12.5, 3.25])
      expect(through[0]).toBeCloseTo(direct[0], 5)
      expect(through[1]).toBeCloseTo(direct[1], 5)
    }
  })

  it('pans so that the grabbed anatomy stays under the pointer, flipped or not', () => {
    const random = seeded(8)
    for (let run = 0; run < 100; run += 1) {
      const camera = anyCamera(random, fittingCamera(randomPlane(random), WIDE))
      const grabbed = canvasToPatient(camera, WIDE, [100, 120])
      const [x, y] = patientToCanvas(panned(camera, WIDE, [37, -11]), WIDE, grabbed)
      expect(x).toBeCloseTo(137, 5)
      expect(y).toBeCloseTo(109, 5)
    }
  })

  it('zooms about the pointer', () => {
    const random = seeded(9)
    for (let run = 0; run < 100; run += 1) {
      const camera = anyCamera(random, fittingCamera(randomPlane(random), WIDE))
      const kept = canvasToPatient(camera, WIDE, [600, 50])
      const [x, y] = patientToCanvas(zoomedAbout(camera, WIDE, [600, 50], 1.7), WIDE, kept)
      expect(x).toBeCloseTo(600, 5)
      expect(y).toBeCloseTo(50, 5)
    }
  })

  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])(
    'turns the picture clockwise on the screen (flips %s %s)',
    (flip_horizontal, flip_vertical) => {
      const camera = { ...fittingCamera(AXIAL, WIDE), flip_horizontal, flip_vertical }
      const above = canvasToPatient(camera, WIDE, [400, 100])
      const [x, y] = patientToCanvas(rotatedClockwise(camera, 90), WIDE, above)
      expect(x).toBeCloseTo(500, 6)
      expect(y).toBeCloseTo(200, 6)
    },
  )

  it('mirrors left and right only, when flipped horizontally', () => {
    const camera = fittingCamera(AXIAL, WIDE)
    const { right, up } = screenAxes({ ...camera, flip_horizontal: true })
    expect(edgeLetters(right, up)).toEqual({ top: 'A', right: 'R', bottom: 'P', left: 'L' })
  })

  it('moves to another slice along the normal only', () => {
    const random = seeded(10)
    const plane = randomPlane(random)
    const next = { ...plane, origin_lps: imageToPatient(plane, [4, 9]) }
    const camera = panned(fittingCamera(plane, WIDE), WIDE, [30, 20])
    const moved = onPlane(camera, next)
    expect(distanceToPlane_mm(next, moved.focal_point_lps)).toBeCloseTo(0, 6)
    expect(planeCentre_lps(plane)).not.toEqual(moved.focal_point_lps)
  })
})
