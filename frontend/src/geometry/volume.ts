import type { ImagePlane } from './plane'
import { canvasToPatient, mmPerPixel, screenAxes, type CanvasSize, type PlaneCamera } from './camera'
import { add, cross, dot, length, negate, normalize, scale, subtract, type Vec3 } from './vector'

/**
 * A regular lattice of voxels in patient space. Voxel `[i, j, k]` (column, row, slice; centres at
 * whole numbers) lies at `origin_lps + i·column_mm + j·row_mm + k·slice_mm`.
 *
 * The three vectors need not be perpendicular, so that a sheared stack stays where it is.
 */
export interface VolumeGrid {
  readonly origin_lps: Vec3
  readonly column_mm: Vec3
  readonly row_mm: Vec3
  readonly slice_mm: Vec3
  /** Columns, rows, slices. */
  readonly size: Vec3
}

/** How far a slice may lie from its place in the lattice, in parts of the slice distance. */
const PLACE_TOLERANCE = 0.02
const PLACE_TOLERANCE_MM = 0.03

/**
 * The lattice of parallel, evenly spaced planes in the order they are given, or null: nothing that
 * is uneven is ever straightened here.
 */
export function gridFromPlanes(planes: readonly ImagePlane[]): VolumeGrid | null {
  const [first] = planes
  const last = planes[planes.length - 1]
  if (first === undefined || last === undefined || planes.length < 2) return null
  const slice_mm = scale(subtract(last.origin_lps, first.origin_lps), 1 / (planes.length - 1))
  const step_mm = length(slice_mm)
  if (!(step_mm > 0) || Math.abs(dot(slice_mm, first.normal)) < 1e-3) return null
  const tolerance_mm = Math.max(PLACE_TOLERANCE_MM, PLACE_TOLERANCE * step_mm)
  const fits = planes.every((plane, index) => {
    const expected = add(first.origin_lps, scale(slice_mm, index))
    return (
      length(subtract(plane.origin_lps, expected)) <= tolerance_mm &&
      plane.columns === first.columns &&
      plane.rows === first.rows &&
      dot(plane.column_step, first.column_step) > 0.9999 &&
      dot(plane.row_step, first.row_step) > 0.9999 &&
      Math.abs(plane.column_spacing_mm - first.column_spacing_mm) < 1e-4 &&
      Math.abs(plane.row_spacing_mm - first.row_spacing_mm) < 1e-4
    )
  })
  if (!fits) return null
  return {
    origin_lps: first.origin_lps,
    column_mm: scale(first.column_step, first.column_spacing_mm),
    row_mm: scale(first.row_step, first.row_spacing_mm),
    slice_mm,
    size: [first.columns, first.rows, planes.length],
  }
}

/** Rows of the matrix that turns millimetres in patient space into voxel indices. */
export function indexAxes(grid: VolumeGrid): readonly [Vec3, Vec3, Vec3] {
  const { column_mm, row_mm, slice_mm } = grid
  const volume = dot(column_mm, cross(row_mm, slice_mm))
  return [
    scale(cross(row_mm, slice_mm), 1 / volume),
    scale(cross(slice_mm, column_mm), 1 / volume),
    scale(cross(column_mm, row_mm), 1 / volume),
  ]
}

/** Voxel index (fractional) of a patient point. */
export function patientToVoxel(grid: VolumeGrid, point_lps: Vec3): Vec3 {
  const offset = subtract(point_lps, grid.origin_lps)
  const [i, j, k] = indexAxes(grid)
  return [dot(offset, i), dot(offset, j), dot(offset, k)]
}

export function voxelToPatient(grid: VolumeGrid, [i, j, k]: Vec3): Vec3 {
  const { origin_lps, column_mm, row_mm, slice_mm } = grid
  return add(add(origin_lps, scale(column_mm, i)), add(scale(row_mm, j), scale(slice_mm, k)))
}

/** The middle of the volume, between its outermost voxel centres. */
export const gridCentre_lps = (grid: VolumeGrid): Vec3 =>
  voxelToPatient(grid, [(grid.size[0] - 1) / 2, (grid.size[1] - 1) / 2, (grid.size[2] - 1) / 2])

/**
 * The plane that a camera looks at, as a lattice of picture elements over the whole canvas:
 * `pixels_per_css` of them along each CSS pixel (1 or the device's ratio; less while moving).
 */
export function cameraPlane(
  camera: PlaneCamera,
  canvas: CanvasSize,
  pixels_per_css: number,
): ImagePlane {
  const columns = Math.max(1, Math.round(canvas.width * pixels_per_css))
  const rows = Math.max(1, Math.round(canvas.height * pixels_per_css))
  const { right, up } = screenAxes(camera)
  const mm = mmPerPixel(camera, canvas)
  const [column_px, row_px] = [canvas.width / columns, canvas.height / rows]
  const down = negate(up)
  return {
    // The centre of the first element, half of one inside the corner of the canvas.
    origin_lps: canvasToPatient(camera, canvas, [column_px / 2, row_px / 2]),
    column_step: right,
    row_step: down,
    normal: normalize(cross(right, down)),
    column_spacing_mm: mm * column_px,
    row_spacing_mm: mm * row_px,
    columns,
    rows,
  }
}

