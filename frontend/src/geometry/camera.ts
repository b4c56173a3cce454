import {
  imageToPatient,
  planeCentre_lps,
  planeHeight_mm,
  planeWidth_mm,
  type ImagePlane,
} from './plane'
import {
  add,
  along,
  cross,
  dot,
  negate,
  normalize,
  rotate,
  scale,
  subtract,
  type Vec2,
  type Vec3,
} from './vector'

/**
 * What is looked at, independent of the size of anybody's screen (LIVE-P6).
 *
 * `view_up` and `view_plane_normal` (pointing from the image to the eye) describe the view before
 * flipping; the flips mirror the finished picture on the screen. `fit_mm` is half of the
 * millimetres visible along the shorter side of the canvas.
 */
export interface PlaneCamera {
  readonly focal_point_lps: Vec3
  readonly view_up: Vec3
  readonly view_plane_normal: Vec3
  readonly fit_mm: number
  readonly flip_horizontal: boolean
  readonly flip_vertical: boolean
}

/** Size of a canvas in CSS pixels. Device pixels never enter the geometry. */
export interface CanvasSize {
  readonly width: number
  readonly height: number
}

/** `x' = a·x + c·y + e`, `y' = b·x + d·y + f`, as `CanvasRenderingContext2D.setTransform` takes it. */
export interface Affine2 {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
  readonly e: number
  readonly f: number
}

const shorterSideRatio = ({ width, height }: CanvasSize): number => Math.min(1, width / height)

/** VTK's parallel scale (half the height of the view in mm) for this canvas. */
export const parallelScaleFromFit = (fit_mm: number, canvas: CanvasSize): number =>
  fit_mm / shorterSideRatio(canvas)

export const fitFromParallelScale = (parallel_scale_mm: number, canvas: CanvasSize): number =>
  parallel_scale_mm * shorterSideRatio(canvas)

/** Millimetres that one CSS pixel covers. */
export const mmPerPixel = (camera: Pick<PlaneCamera, 'fit_mm'>, canvas: CanvasSize): number =>
  (2 * camera.fit_mm) / Math.min(canvas.width, canvas.height)

/** Screen-right and screen-up in patient space, flips included. */
export function screenAxes(camera: PlaneCamera): { right: Vec3; up: Vec3 } {
  const up = normalize(camera.view_up)
  const right = normalize(cross(up, camera.view_plane_normal))
  return {
    right: camera.flip_horizontal ? negate(right) : right,
    up: camera.flip_vertical ? negate(up) : up,
  }
}

export function patientToCanvas(camera: PlaneCamera, canvas: CanvasSize, point_lps: Vec3): Vec2 {
  const { right, up } = screenAxes(camera)
  const mm = mmPerPixel(camera, canvas)
  const offset = subtract(point_lps, camera.focal_point_lps)
  return [canvas.width / 2 + dot(offset, right) / mm, canvas.height / 2 - dot(offset, up) / mm]
}

/** The point of the viewed plane under a canvas position. */
export function canvasToPatient(camera: PlaneCamera, canvas: CanvasSize, [x, y]: Vec2): Vec3 {
  const { right, up } = screenAxes(camera)
  const mm = mmPerPixel(camera, canvas)
  return along(
    camera.focal_point_lps,
    right,
    (x - canvas.width / 2) * mm,
    up,
    (canvas.height / 2 - y) * mm,
  )
}

/** Maps `[column, row]` (pixel centres at whole numbers) to canvas pixels. */
export function imageToCanvas(camera: PlaneCamera, canvas: CanvasSize, plane: ImagePlane): Affine2 {
  const origin = patientToCanvas(camera, canvas, imageToPatient(plane, [0, 0]))
  const nextColumn = patientToCanvas(camera, canvas, imageToPatient(plane, [1, 0]))
  const nextRow = patientToCanvas(camera, canvas, imageToPatient(plane, [0, 1]))
  return {
    a: nextColumn[0] - origin[0],
    b: nextColumn[1] - origin[1],
    c: nextRow[0] - origin[0],
    d: nextRow[1] - origin[1],
    e: origin[0],
    f: origin[1],
  }
}

export const applyAffine = (t: Affine2, [x, y]: Vec2): Vec2 => [
  t.a * x + t.c * y + t.e,
  t.b * x + t.d * y + t.f,
]

/** The whole image, upright as acquired, centred, just fitting the canvas. */
export function fittingCamera(plane: ImagePlane, canvas: CanvasSize): PlaneCamera {
  const mm = Math.max(planeWidth_mm(plane) / canvas.width, planeHeight_mm(plane) / canvas.height)
  return {
    focal_point_lps: planeCentre_lps(plane),
    view_up: negate(plane.row_step),
    view_plane_normal: negate(plane.normal),
    fit_mm: (mm * Math.min(canvas.width, canvas.height)) / 2,
    flip_horizontal: false,
    flip_vertical: false,
  }
}

/** The same view on another slice: the focal point moves along the normal only. */
export function onPlane(camera: PlaneCamera, plane: ImagePlane): PlaneCamera {
  const away_mm = dot(subtract(camera.focal_point_lps, plane.origin_lps), plane.normal)
  return {
    ...camera,
    focal_point_lps: subtract(camera.focal_point_lps, scale(plane.normal, away_mm)),
  }
}

/** Moves the picture by canvas pixels, as if dragged. */
export function panned(camera: PlaneCamera, canvas: CanvasSize, delta: Vec2): PlaneCamera {
  const { right, up } = screenAxes(camera)
  const mm = mmPerPixel(camera, canvas)
  return {
    ...camera,
    focal_point_lps: along(camera.focal_point_lps, right, -delta[0] * mm, up, delta[1] * mm),
  }
}

export const SMALLEST_FIT_MM = 0.5
export const LARGEST_FIT_MM = 20_000

/** Enlarges by `factor` about a canvas position, which keeps showing the same anatomy. */
export function zoomedAbout(
  camera: PlaneCamera,
  canvas: CanvasSize,
  position: Vec2,
  factor: number,
): PlaneCamera {
  const fit_mm = Math.min(LARGEST_FIT_MM, Math.max(SMALLEST_FIT_MM, camera.fit_mm / factor))
  const kept = canvasToPatient(camera, canvas, position)
  const zoomed = { ...camera, fit_mm }
  const moved = canvasToPatient(zoomed, canvas, position)
  return { ...zoomed, focal_point_lps: add(camera.focal_point_lps, subtract(kept, moved)) }
}

/** Turns the picture clockwise on the screen by `degrees`. */
export function rotatedClockwise(camera: PlaneCamera, degrees: number): PlaneCamera {
  const mirrored = camera.flip_horizontal !== camera.flip_vertical
  const angle = ((mirrored ? -degrees : degrees) * Math.PI) / 180
  return {
    ...camera,
    view_up: normalize(rotate(camera.view_up, camera.view_plane_normal, angle)),
  }
}
