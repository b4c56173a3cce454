import { indexAxes, subtract, dot, scale, type ImagePlane, type Vec3, type VolumeGrid } from '@/geometry'

export type Voxels = Int16Array | Uint16Array | Uint8Array | Float32Array

/** Modality values on a lattice, slice by slice, row by row. */
export interface Volume {
  readonly grid: VolumeGrid
  readonly values: Voxels
}

/** How the samples of a slab become one value. */
export type SlabProjection = 'max' | 'min' | 'mean'

export interface Slab {
  readonly thickness_mm: number
  readonly projection: SlabProjection
}

/** What a plane shows where the volume is not: nothing, and never zero. */
export const OUTSIDE = NaN

/** Voxels reach half a voxel beyond their centres; within that rim the edge value holds. */
const RIM = 0.5

/**
 * Values of a volume on the lattice of `plane`, row by row: trilinear, `NaN` outside.
 *
 * With a slab, samples lie along the plane's normal, no further apart than the finest voxel edge,
 * symmetric about the plane.
 */
export function samplePlane(volume: Volume, plane: ImagePlane, slab?: Slab): Float32Array {
  const walk = walkOf(volume.grid, plane)
  const out = new Float32Array(plane.columns * plane.rows)
  if (slab === undefined || !(slab.thickness_mm > 0)) {
    sampleAt(volume, plane, walk, 0, out)
    return out
  }
  return project(volume, plane, walk, slab, out)
}

/** Start and steps of the plane's lattice in voxel indices. */
interface Walk {
  readonly start: Vec3
  readonly column: Vec3
  readonly row: Vec3
  /** One millimetre along the normal. */
  readonly depth: Vec3
}

function walkOf(grid: VolumeGrid, plane: ImagePlane): Walk {
  const axes = indexAxes(grid)
  const indices = (vector: Vec3): Vec3 => [
    dot(vector, axes[0]),
    dot(vector, axes[1]),
    dot(vector, axes[2]),
  ]
  return {
    start: indices(subtract(plane.origin_lps, grid.origin_lps)),
    column: indices(scale(plane.column_step, plane.column_spacing_mm)),
    row: indices(scale(plane.row_step, plane.row_spacing_mm)),
    depth: indices(plane.normal),
  }
}

function project(
  volume: Volume,
  plane: ImagePlane,
  walk: Walk,
  { thickness_mm, projection }: Slab,
  out: Float32Array,
): Float32Array {
  const count = slabCount(volume.grid, thickness_mm)
  const step_mm = count > 1 ? thickness_mm / (count - 1) : 0
  const one = new Float32Array(out.length)
  const seen = projection === 'mean' ? new Uint16Array(out.length) : null
  out.fill(OUTSIDE)
  for (let n = 0; n < count; n += 1) {
    sampleAt(volume, plane, walk, -thickness_mm / 2 + n * step_mm, one)
    for (let at = 0; at < out.length; at += 1) {
      const value = one[at] as number
      if (value !== value) continue
      const before = out[at] as number
      if (before !== before) out[at] = value
      else if (seen !== null) out[at] = before + value
      else if (projection === 'max' ? value > before : value < before) out[at] = value
      if (seen !== null) seen[at] = (seen[at] as number) + 1
    }
  }
  if (seen !== null) {
    for (let at = 0; at < out.length; at += 1) {
      const divisor = seen[at] as number
      if (divisor > 1) out[at] = (out[at] as number) / divisor
    }
  }
  return out
}

export const finestEdge_mm = (grid: VolumeGrid): number =>
  Math.min(
    Math.hypot(...grid.column_mm),
    Math.hypot(...grid.row_mm),
    Math.hypot(...grid.slice_mm),
  )

/** Samples through a slab: odd, so that the plane itself is one of them. */
export function slabCount(grid: VolumeGrid, thickness_mm: number): number {
  const gaps = Math.ceil(thickness_mm / finestEdge_mm(grid))
  return gaps + (gaps % 2) + 1
}

function sampleAt(
  { grid, values }: Volume,
  plane: ImagePlane,
  walk: Walk,
  depth_mm: number,
  out: Float32Array,
): void {
  const [columns, rows, slices] = grid.size
  const [di, dj, dk] = walk.column
  const row_stride = columns
  const slice_stride = columns * rows
  let at = 0
  for (let y = 0; y < plane.rows; y += 1) {
    const i0 = walk.start[0] + y * walk.row[0] + depth_mm * walk.depth[0]
    const j0 = walk.start[1] + y * walk.row[1] + depth_mm * walk.depth[1]
    const k0 = walk.start[2] + y * walk.row[2] + depth_mm * walk.depth[2]
    for (let x = 0; x < plane.columns; x += 1, at += 1) {
      let i = i0 + x * di
      let j = j0 + x * dj
      let k = k0 + x * dk
      if (
        !(i >= -RIM && j >= -RIM && k >= -RIM) ||
        i > columns - RIM ||
        j > rows - RIM ||
        k > slices - RIM
      ) {
        out[at] = OUTSIDE
        continue
      }
      i = i < 0 ? 0 : i > columns - 1 ? columns - 1 : i
      j = j < 0 ? 0 : j > rows - 1 ? rows - 1 : j
      k = k < 0 ? 0 : k > slices - 1 ? slices - 1 : k
      const i1 = i | 0
      const j1 = j | 0
      const k1 = k | 0
      const u = i - i1
      const v = j - j1
      const w = k - k1
      const base = k1 * slice_stride + j1 * row_stride + i1
      // A fraction of zero needs no neighbour, which may not exist.
      const right = u > 0 ? 1 : 0
      const down = v > 0 ? row_stride : 0
      const deep = w > 0 ? slice_stride : 0
      const near =
        ((values[base] as number) * (1 - u) + (values[base + right] as number) * u) * (1 - v) +
        ((values[base + down] as number) * (1 - u) + (values[base + down + right] as number) * u) * v
      if (deep === 0) {
        out[at] = near
        continue
      }
      const far =
        ((values[base + deep] as number) * (1 - u) + (values[base + deep + right] as number) * u) *
          (1 - v) +
        ((values[base + deep + down] as number) * (1 - u) +
          (values[base + deep + down + right] as number) * u) *
          v
      out[at] = near * (1 - w) + far * w
    }
  }
}
