import {
  imageToPatient,
  patientToImage,
  patientToVoxel,
  voxelToPatient,
  type ImagePlane,
  type VolumeGrid,
} from '@/geometry'

import type { MaskSlice } from '../masks'
import { maskOnPlane } from '../volume/planarMask'
import { contoursOnGrid, rasteriseContours } from './contours'
import type { RegionOverlay } from './overlays'

/** A structure as voxels of the images that a plane cuts through. */
export interface VoxelisedRegion {
  /** The part of the lattice that the structure reaches into. */
  readonly grid: VolumeGrid
  readonly values: Uint8Array
  /** Contours of areas in all, and those that lie in no slice of the lattice. */
  readonly areas: number
  readonly beside: number
}

const known = new WeakMap<RegionOverlay, WeakMap<VolumeGrid, VoxelisedRegion>>()

/** Computed once per structure and lattice. */
export function voxelised(region: RegionOverlay, grid: VolumeGrid): VoxelisedRegion {
  const ofRegion = known.get(region) ?? new WeakMap<VolumeGrid, VoxelisedRegion>()
  known.set(region, ofRegion)
  const before = ofRegion.get(grid)
  if (before !== undefined) return before
  const areas = region.contours.filter(({ kind }) => kind.startsWith('CLOSED'))
  const inside = contoursOnGrid(areas, grid)
  const part = partOf(grid, inside)
  const made = {
    grid: part,
    values: rasteriseContours(inside, part),
    areas: areas.length,
    beside: areas.length - inside.length,
  }
  ofRegion.set(grid, made)
  return made
}

/** The voxels from the first to the last that the contours reach, along each axis. */
function partOf(grid: VolumeGrid, contours: readonly { points_lps: readonly number[] }[]): VolumeGrid {
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  for (const { points_lps } of contours) {
    for (let at = 0; at + 2 < points_lps.length; at += 3) {
      const [x, y, z] = points_lps.slice(at, at + 3) as [number, number, number]
      patientToVoxel(grid, [x, y, z]).forEach((value, axis) => {
        low[axis] = Math.min(low[axis] as number, value)
        high[axis] = Math.max(high[axis] as number, value)
      })
    }
  }
  const first = low.map((value) => (Number.isFinite(value) ? Math.max(0, Math.floor(value)) : 0))
  const size = high.map((value, axis) => {
    const last = Math.min((grid.size[axis] as number) - 1, Math.ceil(value))
    return Number.isFinite(value) ? Math.max(0, last - (first[axis] as number) + 1) : 0
  })
  const [i = 0, j = 0, k = 0] = first
  const [columns = 0, rows = 0, slices = 0] = size
  return { ...grid, origin_lps: voxelToPatient(grid, [i, j, k]), size: [columns, rows, slices] }
}

/** Where a plane cuts a structure, on the part of the plane's lattice that it can reach. */
export function regionOnPlane(
  { grid, values }: VoxelisedRegion,
  plane: ImagePlane,
): { readonly plane: ImagePlane; readonly slice: MaskSlice } | null {
  const [columns, rows, slices] = grid.size
  const part = partOfPlane(plane, grid)
  if (part === null || values.length === 0) return null
  const mask = {
    id: '',
    values,
    shape: [slices, rows, columns] as const,
    sop_instance_uids: [],
    frames: [],
  }
  const own = Int32Array.from({ length: slices }, (_, at) => at)
  const slice = maskOnPlane(mask, own, grid, part)
  return slice && { plane: part, slice }
}

/** The columns and rows of a plane that the corners of a lattice fall between. */
function partOfPlane(plane: ImagePlane, grid: VolumeGrid): ImagePlane | null {
  const [i, j, k] = grid.size
  const places = [-0.5, i - 0.5].flatMap((column) =>
    [-0.5, j - 0.5].flatMap((row) =>
      [-0.5, k - 0.5].map((slice) => patientToImage(plane, voxelToPatient(grid, [column, row, slice]))),
    ),
  )
  const span = (axis: 0 | 1, count: number): [number, number] => {
    const along = places.map((place) => place[axis])
    return [
      Math.max(0, Math.floor(Math.min(...along)) - 1),
      Math.min(count - 1, Math.ceil(Math.max(...along)) + 1),
    ]
  }
  const [left, right] = span(0, plane.columns)
  const [top, bottom] = span(1, plane.rows)
  if (right < left || bottom < top) return null
  return {
    ...plane,
    origin_lps: imageToPatient(plane, [left, top]),
    columns: right - left + 1,
    rows: bottom - top + 1,
  }
}
