import {
  imageToPatient,
  maskOutline,
  patientToVoxel,
  subtract,
  type ImagePlane,
  type VolumeGrid,
} from '@/geometry'

import type { MaskPlace, MaskSlice, MaskVolume } from '../masks'

/** For each slice of a stack the slice of the mask that lies on it, or -1. */
export function maskSlices(mask: MaskVolume, images: readonly MaskPlace[]): Int32Array {
  const places = new Map(
    mask.sop_instance_uids.map((uid, at) => [`${uid}|${mask.frames[at] ?? 1}`, at]),
  )
  return Int32Array.from(images, (one) => places.get(`${one.sop_instance_uid}|${one.frame}`) ?? -1)
}

/**
 * A mask on any plane: each element has the voxel it lies in, never a blend of several. Its edge is
 * therefore the edge of voxels, as on the images it was drawn on.
 */
export function maskOnPlane(
  mask: MaskVolume,
  slices: Int32Array,
  grid: VolumeGrid,
  plane: ImagePlane,
): MaskSlice | null {
  const [, rows, columns] = mask.shape
  if (grid.size[0] !== columns || grid.size[1] !== rows || grid.size[2] !== slices.length) return null
  const start = patientToVoxel(grid, plane.origin_lps)
  const across = subtract(patientToVoxel(grid, imageToPatient(plane, [1, 0])), start)
  const down = subtract(patientToVoxel(grid, imageToPatient(plane, [0, 1])), start)
  const values = new Uint8Array(plane.columns * plane.rows)
  let any = false
  let at = 0
  for (let y = 0; y < plane.rows; y += 1) {
    for (let x = 0; x < plane.columns; x += 1, at += 1) {
      const k = Math.round(start[2] + x * across[2] + y * down[2])
      const slice = slices[k] ?? -1
      if (slice < 0) continue
      const i = Math.round(start[0] + x * across[0] + y * down[0])
      const j = Math.round(start[1] + x * across[1] + y * down[1])
      if (i < 0 || j < 0 || i >= columns || j >= rows) continue
      if (mask.values[(slice * rows + j) * columns + i] === 0) continue
      values[at] = 1
      any = true
    }
  }
  if (!any) return null
  const outline = maskOutline(values, plane.columns, plane.rows)
  return { values, rows: plane.rows, columns: plane.columns, outline }
}
