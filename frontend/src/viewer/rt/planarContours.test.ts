import { describe, expect, it } from 'vitest'

import type { ImagePlane, VolumeGrid } from '@/geometry'

import type { Contour } from './contours'
import type { RegionOverlay } from './overlays'
import { regionOnPlane, voxelised } from './planarContours'

const GRID: VolumeGrid = {
  origin_lps: [-50, -50, 100],
  column_mm: [1, 0, 0],
  row_mm: [0, 1, 0],
  slice_mm: [0, 0, 2],
  size: [101, 101, 21],
}

const box = (z: number): Contour => ({
  kind: 'CLOSED_PLANAR',
  sop_instance_uid: '1',
  points_lps: [-10.5, -5.5, z, 20.5, -5.5, z, 20.5, 5.5, z, -10.5, 5.5, z],
})

const region = (...contours: Contour[]): RegionOverlay => ({
  id: 'structure:1:1',
  name: 'PTV',
  colour: '#fff',
  frame_of_reference_uid: '1.9',
  contours,
  volume_ml: null,
})

/** From the front, half a millimetre an element, head up: rows run down from 160 mm. */
const coronal = (y: number): ImagePlane => ({
  origin_lps: [-80, y, 160],
  column_step: [1, 0, 0],
  row_step: [0, 0, -1],
  normal: [0, 1, 0],
  column_spacing_mm: 0.5,
  row_spacing_mm: 0.5,
  columns: 320,
  rows: 160,
})

/** Left, top, right and bottom of an outline in millimetres: x, z, x, z. */
function edges_mm(found: NonNullable<ReturnType<typeof regionOnPlane>>): number[] {
  const { plane, slice } = found
  const columns = [...slice.outline].filter((_, at) => at % 2 === 0)
  const rows = [...slice.outline].filter((_, at) => at % 2 === 1)
  const x = (column: number): number => plane.origin_lps[0] + column * plane.column_spacing_mm
  const z = (row: number): number => plane.origin_lps[2] - row * plane.row_spacing_mm
  return [x(Math.min(...columns)), z(Math.min(...rows)), x(Math.max(...columns)), z(Math.max(...rows))]
}

/** An element of the plane, which is as exact as an edge on it can be. */
const ELEMENT_MM = 0.5

describe('a structure on a plane across its contours', () => {
  it('reaches as far as the voxels that its contours enclose', () => {
    const found = regionOnPlane(voxelised(region(box(110), box(112), box(114)), GRID), coronal(0))
    expect(found).not.toBeNull()
    if (found === null) return
    // Columns -10 to 20, slices 110 to 114, each reaching half a voxel further.
    const truth = [-10.5, 115, 20.5, 109]
    edges_mm(found).forEach((edge, at) => {
      expect(Math.abs(edge - (truth[at] as number))).toBeLessThanOrEqual(ELEMENT_MM)
    })
    expect(found.plane.columns).toBeLessThan(80)
  })

  it('is not there where the plane passes beside it', () => {
    const cut = voxelised(region(box(110), box(112)), GRID)
    expect(regionOnPlane(cut, coronal(5))).not.toBeNull()
    expect(regionOnPlane(cut, coronal(6))).toBeNull()
  })

  it('counts the contours that lie between the slices, and moves none of them', () => {
    const between = voxelised(region(box(110), box(111), box(200)), GRID)
    expect([between.areas, between.beside]).toEqual([3, 2])
    const found = regionOnPlane(between, coronal(0))
    expect(Math.abs((found ? (edges_mm(found)[1] as number) : 0) - 111)).toBeLessThanOrEqual(ELEMENT_MM)
    expect(regionOnPlane(voxelised(region(box(111)), GRID), coronal(0))).toBeNull()
  })

  it('is computed once for the same images', () => {
    const one = region(box(110))
    expect(voxelised(one, GRID)).toBe(voxelised(one, GRID))
  })
})
