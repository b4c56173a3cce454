import {
  along,
  cross,
  dot,
  isFiniteVec3,
  length,
  normalize,
  subtract,
  type Vec2,
  type Vec3,
} from './vector'

/**
 * One image in patient space (PS3.3 C.7.6.2.1.1).
 *
 * Image coordinates are `[column, row]` with whole numbers at pixel *centres*: `[0, 0]` is the
 * centre of the first pixel, which is where Image Position (Patient) points.
 */
export interface ImagePlane {
  readonly origin_lps: Vec3
  /** Unit vector of increasing column index (the first three values of IOP). */
  readonly column_step: Vec3
  /** Unit vector of increasing row index (the last three values of IOP). */
  readonly row_step: Vec3
  readonly normal: Vec3
  /** Distance between neighbouring columns: the *second* value of Pixel Spacing. */
  readonly column_spacing_mm: number
  /** Distance between neighbouring rows: the *first* value of Pixel Spacing. */
  readonly row_spacing_mm: number
  readonly columns: number
  readonly rows: number
}

export interface PlaneInput {
  readonly image_position_lps: Vec3
  readonly image_orientation: readonly number[]
  /** `[between rows, between columns]`, as in DICOM. */
  readonly pixel_spacing_mm: Vec2
  readonly columns: number
  readonly rows: number
}

/** How far from unit length or a right angle IOP may be before it is not a plane. */
const DIRECTION_TOLERANCE = 1e-2

/** The plane of an image, or null when its attributes do not describe one. */
export function planeFrom(input: PlaneInput): ImagePlane | null {
  const { image_position_lps, image_orientation, pixel_spacing_mm, columns, rows } = input
  if (image_orientation.length !== 6) return null
  if (!image_position_lps.every(Number.isFinite)) return null
  if (!(pixel_spacing_mm[0] > 0) || !(pixel_spacing_mm[1] > 0)) return null
  if (!(columns > 0) || !(rows > 0)) return null
  const first = image_orientation.slice(0, 3)
  const second = image_orientation.slice(3, 6)
  if (!isFiniteVec3(first) || !isFiniteVec3(second)) return null
  if (Math.abs(length(first) - 1) > DIRECTION_TOLERANCE) return null
  if (Math.abs(length(second) - 1) > DIRECTION_TOLERANCE) return null
  if (Math.abs(dot(first, second)) > DIRECTION_TOLERANCE) return null
  const column_step = normalize(first)
  const row_step = normalize(second)
  return {
    origin_lps: image_position_lps,
    column_step,
    row_step,
    normal: normalize(cross(column_step, row_step)),
    column_spacing_mm: pixel_spacing_mm[1],
    row_spacing_mm: pixel_spacing_mm[0],
    columns,
    rows,
  }
}

/**
 * The stand-in plane of an image without patient space: one unit per pixel, x = column, y = row.
 *
 * `row_aspect` is the height of a pixel over its width, so that non-square pixels look right.
 */
export function pixelPlane(columns: number, rows: number, row_aspect = 1): ImagePlane {
  return {
    origin_lps: [0, 0, 0],
    column_step: [1, 0, 0],
    row_step: [0, 1, 0],
    normal: [0, 0, 1],
    column_spacing_mm: 1,
    row_spacing_mm: row_aspect,
    columns,
    rows,
  }
}

export function imageToPatient(plane: ImagePlane, [column, row]: Vec2): Vec3 {
  return along(
    plane.origin_lps,
    plane.column_step,
    column * plane.column_spacing_mm,
    plane.row_step,
    row * plane.row_spacing_mm,
  )
}

/** Sub-pixel `[column, row]` of the foot of the perpendicular from `point_lps` on the plane. */
export function patientToImage(plane: ImagePlane, point_lps: Vec3): Vec2 {
  const offset = subtract(point_lps, plane.origin_lps)
  return [
    dot(offset, plane.column_step) / plane.column_spacing_mm,
    dot(offset, plane.row_step) / plane.row_spacing_mm,
  ]
}

/** Signed distance of `point_lps` from the plane, positive along its normal. */
export function distanceToPlane_mm(plane: ImagePlane, point_lps: Vec3): number {
  return dot(subtract(point_lps, plane.origin_lps), plane.normal)
}

/** The centre of the image area (half a pixel beyond the outermost centres on every side). */
export function planeCentre_lps(plane: ImagePlane): Vec3 {
  return imageToPatient(plane, [(plane.columns - 1) / 2, (plane.rows - 1) / 2])
}

export const planeWidth_mm = (plane: ImagePlane): number => plane.columns * plane.column_spacing_mm
export const planeHeight_mm = (plane: ImagePlane): number => plane.rows * plane.row_spacing_mm

/** Whether `point_lps` projects into the image area. */
export function isInsideImage(plane: ImagePlane, point_lps: Vec3): boolean {
  const [column, row] = patientToImage(plane, point_lps)
  return column >= -0.5 && row >= -0.5 && column <= plane.columns - 0.5 && row <= plane.rows - 0.5
}

/** Whether two planes look the same way (parallel, same direction of rows and columns). */
export function areParallel(a: ImagePlane, b: ImagePlane): boolean {
  return dot(a.normal, b.normal) > 0.999
}

/** Index of the plane nearest to `point_lps` along its normal, or null without planes. */
export function nearestPlaneIndex(
  planes: readonly (ImagePlane | null)[],
  point_lps: Vec3,
): number | null {
  let best: number | null = null
  let best_mm = Infinity
  planes.forEach((plane, index) => {
    if (plane === null) return
    const away_mm = Math.abs(distanceToPlane_mm(plane, point_lps))
    if (away_mm < best_mm) {
      best_mm = away_mm
      best = index
    }
  })
  return best
}
