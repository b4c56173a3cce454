import { imageToPatient, patientToImage, type ImagePlane } from './plane'
import { dot, subtract, type Vec3 } from './vector'

/** Rounding of positions must not decide whether a centre on the rim is in. */
const RIM_MM = 1e-6

/**
 * Visits every pixel of `plane` whose centre lies within `radius_mm` of the way from `from` to
 * `to`: a disc drawn along a line where both lie on the plane, the cut of a sphere's way where they
 * lie beside it. Pixel size may differ along rows and columns.
 */
export function visitSwept(
  plane: ImagePlane,
  from: Vec3,
  to: Vec3,
  radius_mm: number,
  visit: (column: number, row: number) => void,
): void {
  const { column_spacing_mm: width, row_spacing_mm: height } = plane
  const [a, b] = [inPlane(plane, from), inPlane(plane, to)]
  const way = subtract(b, a)
  const way2 = dot(way, way)
  const limit2 = (radius_mm + RIM_MM) ** 2
  const reach = radius_mm + RIM_MM
  const first_column = Math.max(0, Math.ceil((Math.min(a[0], b[0]) - reach) / width))
  const last_column = Math.min(plane.columns - 1, Math.floor((Math.max(a[0], b[0]) + reach) / width))
  const first_row = Math.max(0, Math.ceil((Math.min(a[1], b[1]) - reach) / height))
  const last_row = Math.min(plane.rows - 1, Math.floor((Math.max(a[1], b[1]) + reach) / height))
  for (let row = first_row; row <= last_row; row += 1) {
    for (let column = first_column; column <= last_column; column += 1) {
      const centre: Vec3 = [column * width, row * height, 0]
      const along = way2 === 0 ? 0 : dot(subtract(centre, a), way) / way2
      const t = Math.max(0, Math.min(1, along))
      const dx = centre[0] - a[0] - t * way[0]
      const dy = centre[1] - a[1] - t * way[1]
      const dz = -a[2] - t * way[2]
      if (dx * dx + dy * dy + dz * dz <= limit2) visit(column, row)
    }
  }
}

/** Millimetres along the rows, along the columns, and off the plane. */
function inPlane(plane: ImagePlane, point: Vec3): Vec3 {
  const [column, row] = patientToImage(plane, point)
  const off = dot(subtract(point, imageToPatient(plane, [0, 0])), plane.normal)
  return [column * plane.column_spacing_mm, row * plane.row_spacing_mm, off]
}
