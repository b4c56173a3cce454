import {
  distanceToPlane_mm,
  patientToImage,
  patientToVoxel,
  cross,
  dot,
  length,
  type ImagePlane,
  type Vec2,
  type Vec3,
  type VolumeGrid,
} from '@/geometry'

/** One contour of a structure; `points_lps` is x, y, z, x, y, z … in millimetres. */
export interface Contour {
  readonly kind: string
  readonly sop_instance_uid: string
  readonly points_lps: readonly number[]
}

/** A contour on an image, in its columns and rows. */
export interface PlacedContour {
  readonly points: readonly Vec2[]
  readonly isClosed: boolean
  readonly isPoint: boolean
}

/** Headers round positions to hundredths; the server counts by the same number (`placing.py`). */
export const SAME_PLANE_MM = 0.05

const isArea = ({ kind }: Contour): boolean => kind.startsWith('CLOSED')

const pointAt = ({ points_lps }: Contour, index: number): Vec3 => [
  points_lps[index * 3] ?? NaN,
  points_lps[index * 3 + 1] ?? NaN,
  points_lps[index * 3 + 2] ?? NaN,
]

const countOf = ({ points_lps }: Contour): number => Math.floor(points_lps.length / 3)

/** The contours that lie in the plane of an image, every point of them; never the nearest ones. */
export function contoursOn(plane: ImagePlane, contours: readonly Contour[]): PlacedContour[] {
  return contours.flatMap((contour) => {
    const count = countOf(contour)
    const points: Vec2[] = []
    for (let index = 0; index < count; index += 1) {
      const point = pointAt(contour, index)
      if (!(Math.abs(distanceToPlane_mm(plane, point)) <= SAME_PLANE_MM)) return []
      points.push(patientToImage(plane, point))
    }
    if (points.length === 0) return []
    return [{ points, isClosed: isArea(contour), isPoint: contour.kind === 'POINT' }]
  })
}

/** Area by even-odd of non-crossing contours would need their nesting; this is the outline's alone. */
function planarArea_mm2(contour: Contour): number {
  const first = pointAt(contour, 0)
  let sum: Vec3 = [0, 0, 0]
  for (let index = 1; index + 1 < countOf(contour); index += 1) {
    const [a, b] = [pointAt(contour, index), pointAt(contour, index + 1)]
    const part = cross(
      [a[0] - first[0], a[1] - first[1], a[2] - first[2]],
      [b[0] - first[0], b[1] - first[1], b[2] - first[2]],
    )
    sum = [sum[0] + part[0], sum[1] + part[1], sum[2] + part[2]]
  }
  return length(sum) / 2
}

/** The contour that encloses most, and the middle of its corners: where to go to see a structure. */
export function largestContour(
  contours: readonly Contour[],
): { readonly contour: Contour; readonly middle_lps: Vec3 } | null {
  let best: Contour | null = null
  let most = -1
  for (const contour of contours) {
    if (countOf(contour) === 0) continue
    const area = planarArea_mm2(contour)
    if (area > most) [best, most] = [contour, area]
  }
  if (best === null) return null
  const low: number[] = [Infinity, Infinity, Infinity]
  const high: number[] = [-Infinity, -Infinity, -Infinity]
  best.points_lps.forEach((value, index) => {
    low[index % 3] = Math.min(low[index % 3] as number, value)
    high[index % 3] = Math.max(high[index % 3] as number, value)
  })
  const middle = low.map((value, axis) => (value + (high[axis] as number)) / 2)
  return { contour: best, middle_lps: middle as unknown as Vec3 }
}

/**
 * The voxels of a structure on a lattice: those whose centres lie inside by even-odd, slice by slice.
 *
 * Each contour fills the slice in whose plane it lies; slices between contours stay empty, and a
 * contour between slices fills none: nothing is interpolated here.
 */
export function rasteriseContours(contours: readonly Contour[], grid: VolumeGrid): Uint8Array {
  const [columns, rows, slices] = grid.size
  const mask = new Uint8Array(columns * rows * slices)
  for (const contour of contours.filter(isArea)) {
    const corners = cornersOf(contour, grid)
    const slice = sliceOf(corners, grid)
    if (slice === null) continue
    toggleInside(mask.subarray(slice * rows * columns, (slice + 1) * rows * columns), corners, columns, rows)
  }
  return mask
}

/** The contours that lie in a slice of the lattice; the others fill nothing of it. */
export const contoursOnGrid = (contours: readonly Contour[], grid: VolumeGrid): Contour[] =>
  contours.filter((contour) => sliceOf(cornersOf(contour, grid), grid) !== null)

const cornersOf = (contour: Contour, grid: VolumeGrid): Vec3[] =>
  Array.from({ length: countOf(contour) }, (_, i) => patientToVoxel(grid, pointAt(contour, i)))

/** The slice whose plane all corners lie in. */
function sliceOf(corners: readonly Vec3[], grid: VolumeGrid): number | null {
  const slice = Math.round(corners[0]?.[2] ?? NaN)
  const thickness_mm = sliceDistance_mm(grid)
  const inPlane = corners.every(([, , k]) => Math.abs(k - slice) * thickness_mm <= SAME_PLANE_MM)
  return inPlane && slice >= 0 && slice < grid.size[2] ? slice : null
}

const sliceDistance_mm = ({ column_mm, row_mm, slice_mm }: VolumeGrid): number => {
  const normal = cross(column_mm, row_mm)
  return Math.abs(dot(slice_mm, normal)) / length(normal)
}

/** Even-odd over all contours of a slice: a hole toggles what its rim has filled. */
function toggleInside(
  slice: Uint8Array,
  corners: readonly Vec3[],
  columns: number,
  rows: number,
): void {
  for (let row = 0; row < rows; row += 1) {
    const crossings: number[] = []
    corners.forEach(([x0, y0], index) => {
      const [x1, y1] = corners[(index + 1) % corners.length] as Vec3
      if (y0 <= row !== y1 <= row) crossings.push(x0 + ((row - y0) / (y1 - y0)) * (x1 - x0))
    })
    crossings.sort((a, b) => a - b)
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const first = Math.max(0, Math.ceil(crossings[pair] as number))
      const end = Math.min(columns, Math.ceil(crossings[pair + 1] as number))
      for (let column = first; column < end; column += 1) {
        const at = row * columns + column
        slice[at] = slice[at] === 0 ? 1 : 0
      }
    }
  }
}

/** Volume of the voxels of a mask. */
export function maskVolume_ml(mask: Uint8Array, grid: VolumeGrid): number {
  const voxel_mm3 = Math.abs(dot(grid.slice_mm, cross(grid.column_mm, grid.row_mm)))
  return (mask.reduce((sum, value) => sum + value, 0) * voxel_mm3) / 1000
}
