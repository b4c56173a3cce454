import { along, type ImagePlane, type Vec3 } from '@/geometry'

import { finestEdge_mm, type Volume } from './sampling'

/** Samples along a line, as a plane of one row, and the place of each of them (LPS mm). */
export interface Ray {
  readonly plane: ImagePlane
  readonly step_mm: number
  readonly at: (sample: number) => Vec3
}

/** A line through a point, `length_mm` to both sides, in steps of half the finest edge of a voxel. */
export function rayThrough(volume: Volume, through: Vec3, direction: Vec3, length_mm: number): Ray {
  const step_mm = finestEdge_mm(volume.grid) / 2
  const reach = Math.ceil(length_mm / step_mm)
  const start = along(through, direction, -reach * step_mm, direction, 0)
  return {
    plane: {
      origin_lps: start,
      column_step: direction,
      row_step: [0, 0, 0],
      normal: [0, 0, 0],
      column_spacing_mm: step_mm,
      row_spacing_mm: 0,
      columns: 2 * reach + 1,
      rows: 1,
    },
    step_mm,
    at: (sample) => along(start, direction, sample * step_mm, direction, 0),
  }
}
