import { describe, expect, it } from 'vitest'

import { dot, edgeLetters, length, patientToCanvas, screenAxes, type VolumeGrid } from '@/geometry'

import { cameraFrom, orbited, sideOf, SIDES } from './orbit'

const grid: VolumeGrid = {
  origin_lps: [-100, -80, -300],
  column_mm: [1, 0, 0],
  row_mm: [0, 1, 0],
  slice_mm: [0, 0, 3],
  size: [201, 161, 101],
}
const canvas = { width: 400, height: 300 }
const centre = [0, 0, -150] as const

describe('the camera of a 3D picture', () => {
  it.each([
    ['A', 'R', 'L', 'S', 'I'],
    ['P', 'L', 'R', 'S', 'I'],
    ['L', 'A', 'P', 'S', 'I'],
    ['R', 'P', 'A', 'S', 'I'],
    ['S', 'L', 'R', 'A', 'P'],
    ['I', 'R', 'L', 'A', 'P'],
  ] as const)('from %s has %s at the left, %s at the right, %s above, %s below', (side, left, right, top, bottom) => {
    const camera = cameraFrom(grid, side, canvas)
    const axes = screenAxes(camera)
    expect(edgeLetters(axes.right, axes.up)).toEqual({ left, right, top, bottom })
    expect(sideOf(camera)).toBe(side)
  })

  it('shows the whole volume, its middle in the middle', () => {
    for (const side of SIDES) {
      const camera = cameraFrom(grid, side, canvas)
      const [x, y] = patientToCanvas(camera, canvas, centre)
      expect([x, y]).toEqual([expect.closeTo(200, 6), expect.closeTo(150, 6)])
      const [low] = patientToCanvas(camera, canvas, [-100, -80, -300])
      expect(low).toBeGreaterThanOrEqual(0)
      expect(low).toBeLessThanOrEqual(400)
    }
  })

  it('moves what is in front with the hand', () => {
    const front = [0, -80, -150] as const
    const camera = cameraFrom(grid, 'A', canvas)
    const [x] = patientToCanvas(orbited(camera, 20, 0), canvas, front)
    expect(x).toBeGreaterThan(205)
    const [, y] = patientToCanvas(orbited(camera, 0, 20), canvas, front)
    expect(y).toBeGreaterThan(155)
    const flipped = { ...camera, flip_horizontal: true }
    expect(patientToCanvas(orbited(flipped, 20, 0), canvas, front)[0]).toBeGreaterThan(205)
    expect(patientToCanvas(orbited(flipped, 0, 20), canvas, front)[1]).toBeGreaterThan(155)
  })

  it('is at the back after half a turn, and where it was after a whole one', () => {
    const camera = cameraFrom(grid, 'A', canvas)
    expect(sideOf(orbited(camera, 180, 0))).toBe('P')
    expect(sideOf(orbited(camera, 90, 0))).toBe('R')
    let turning = camera
    for (let step = 0; step < 720; step += 1) turning = orbited(turning, 1, 0)
    expect(dot(turning.view_plane_normal, camera.view_plane_normal)).toBeCloseTo(1, 9)
    for (let step = 0; step < 500; step += 1) turning = orbited(turning, 3.7, -1.9)
    expect(dot(turning.view_plane_normal, turning.view_up)).toBeCloseTo(0, 12)
    expect(length(turning.view_up)).toBeCloseTo(1, 12)
  })
})
