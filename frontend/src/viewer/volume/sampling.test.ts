import { describe, expect, it } from 'vitest'

import {
  add,
  cameraPlane,
  gridFromPlanes,
  normalize,
  patientToVoxel,
  scale,
  voxelToPatient,
  type ImagePlane,
  type Vec3,
  type VolumeGrid,
} from '@/geometry'

import { samplePlane, slabCount, type Volume } from './sampling'

/** An oblique, anisotropic lattice, one of its steps reversed. */
const GRID: VolumeGrid = {
  origin_lps: [12, -40, 7],
  column_mm: scale(normalize([1, 0.2, 0]), 0.7),
  row_mm: scale(normalize([-0.2, 1, 0]), 0.9),
  slice_mm: [0, 0, -2.5],
  size: [9, 8, 6],
}
/** A field that is linear in patient space: trilinear sampling must reproduce it exactly. */
const field = ([x, y, z]: Vec3): number => 3 * x - 2 * y + 0.5 * z + 11

function volumeOf(grid: VolumeGrid, value: (point: Vec3) => number): Volume {
  const [columns, rows, slices] = grid.size
  const values = new Float32Array(columns * rows * slices)
  let at = 0
  for (let k = 0; k < slices; k += 1)
    for (let j = 0; j < rows; j += 1)
      for (let i = 0; i < columns; i += 1, at += 1)
        values[at] = value(voxelToPatient(grid, [i, j, k]))
  return { grid, values }
}

const obliquePlane = (through: Vec3): ImagePlane => {
  const camera = {
    focal_point_lps: through,
    view_up: normalize([0, 0.3, 1]) as Vec3,
    view_plane_normal: normalize([0, -1, 0.3]) as Vec3,
    fit_mm: 2,
    flip_horizontal: false,
    flip_vertical: true,
  }
  return cameraPlane(camera, { width: 13, height: 9 }, 1)
}

const pointOf = (plane: ImagePlane, x: number, y: number): Vec3 =>
  add(
    plane.origin_lps,
    add(
      scale(plane.column_step, x * plane.column_spacing_mm),
      scale(plane.row_step, y * plane.row_spacing_mm),
    ),
  )

describe('samplePlane', () => {
  it('reproduces a linear field exactly on an oblique plane', () => {
    const volume = volumeOf(GRID, field)
    const centre = voxelToPatient(GRID, [4, 3.5, 2.5])
    const plane = obliquePlane(centre)
    const sampled = samplePlane(volume, plane)
    let inside = 0
    for (let y = 0; y < plane.rows; y += 1) {
      for (let x = 0; x < plane.columns; x += 1) {
        const [i, j, k] = patientToVoxel(GRID, pointOf(plane, x, y))
        const value = sampled[y * plane.columns + x] as number
        const within = i >= 0 && j >= 0 && k >= 0 && i <= 8 && j <= 7 && k <= 5
        if (!within) continue
        inside += 1
        expect(value).toBeCloseTo(field(pointOf(plane, x, y)), 3)
      }
    }
    expect(inside).toBeGreaterThan(60)
  })

  it('gives the stored value at a voxel centre, on the last voxel too', () => {
    const volume = volumeOf(GRID, field)
    for (const index of [[0, 0, 0], [8, 7, 5], [3, 2, 4]] as Vec3[]) {
      const plane = { ...obliquePlane([0, 0, 0]), origin_lps: voxelToPatient(GRID, index), columns: 1, rows: 1 }
      expect(samplePlane(volume, plane)[0]).toBeCloseTo(field(plane.origin_lps), 3)
    }
  })

  it('says nothing outside, and holds the edge value within half a voxel', () => {
    const volume = volumeOf(GRID, () => 5)
    const at = (index: Vec3): number => {
      const plane = { ...obliquePlane([0, 0, 0]), origin_lps: voxelToPatient(GRID, index), columns: 1, rows: 1 }
      return samplePlane(volume, plane)[0] as number
    }
    expect(at([-0.49, 3, 3])).toBe(5)
    expect(at([-0.51, 3, 3])).toBeNaN()
    expect(at([3, 7.6, 3])).toBeNaN()
  })

  it('projects a slab: the one bright voxel wins, is lost, or is averaged', () => {
    const grid: VolumeGrid = {
      origin_lps: [0, 0, 0], column_mm: [1, 0, 0], row_mm: [0, 1, 0], slice_mm: [0, 0, 1], size: [3, 3, 5],
    }
    const volume = volumeOf(grid, ([x, y, z]) => (x === 1 && y === 1 && z === 3 ? 100 : 10))
    const plane: ImagePlane = {
      origin_lps: [1, 1, 2], column_step: [1, 0, 0], row_step: [0, 1, 0], normal: [0, 0, 1],
      column_spacing_mm: 1, row_spacing_mm: 1, columns: 1, rows: 1,
    }
    expect(slabCount(grid, 4)).toBe(5)
    expect(samplePlane(volume, plane)[0]).toBe(10)
    expect(samplePlane(volume, plane, { thickness_mm: 4, projection: 'max' })[0]).toBe(100)
    expect(samplePlane(volume, plane, { thickness_mm: 4, projection: 'min' })[0]).toBe(10)
    expect(samplePlane(volume, plane, { thickness_mm: 4, projection: 'mean' })[0]).toBeCloseTo(28, 5)
    // Beyond the volume nothing is averaged in.
    expect(samplePlane(volume, plane, { thickness_mm: 40, projection: 'mean' })[0]).toBeGreaterThan(20)
  })
})

describe('gridFromPlanes', () => {
  const slice = (z: number): ImagePlane => ({
    origin_lps: [0, 0, z], column_step: [1, 0, 0], row_step: [0, 1, 0], normal: [0, 0, 1],
    column_spacing_mm: 0.5, row_spacing_mm: 0.6, columns: 4, rows: 5,
  })

  it('is the lattice of even planes, in either order', () => {
    expect(gridFromPlanes([slice(6), slice(4), slice(2)])?.slice_mm).toEqual([0, 0, -2])
  })

  it.each([
    ['a gap', [slice(0), slice(2), slice(6)]],
    ['one plane', [slice(0)]],
    ['two planes at one place', [slice(1), slice(1)]],
    ['another matrix', [slice(0), { ...slice(2), columns: 3 }]],
    ['a turned plane', [slice(0), { ...slice(2), column_step: [0, 1, 0] as Vec3, row_step: [-1, 0, 0] as Vec3 }]],
  ])('refuses %s: nothing is straightened', (_name, planes) => {
    expect(gridFromPlanes(planes)).toBeNull()
  })
})
