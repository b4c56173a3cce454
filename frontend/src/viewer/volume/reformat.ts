import {
  add,
  cross,
  dot,
  gridCentre_lps,
  indexAxes,
  normalize,
  patientToVoxel,
  scale,
  subtract,
  voxelToPatient,
  type CanvasSize,
  type ImagePlane,
  type PlaneCamera,
  type RigidMatrix,
  transformPoint,
  type Vec3,
  type VolumeGrid,
} from '@/geometry'

import type { SolidPreset } from '../solid/presets'
import type { VoiRange } from '../voi'
import type { ColormapName } from './colormaps'
import { finestEdge_mm, type SlabProjection } from './sampling'

/** How a viewport shows its stack: along the plane of its camera, projected as a whole, or in 3D. */
export interface Reformat {
  readonly kind: 'plane' | 'rotation' | 'solid'
  readonly projection: SlabProjection
  /** Of a plane; 0 is the plane alone. */
  readonly slab_mm: number
  /** Of a 3D picture. */
  readonly preset?: SolidPreset | null
}

/** Whether the whole volume is seen at once: no place on the screen then has a depth. */
export const isWhole = (reformat: Reformat | null): boolean =>
  reformat !== null && reformat.kind !== 'plane'

/** One step of a turning projection: 36 pictures a turn, each computed once. */
export const TURN_DEGREES = 10

export const THIN: Reformat = { kind: 'plane', projection: 'max', slab_mm: 0 }
/** The greatest value along every ray through the whole volume. */
export const ROTATION: Reformat = { kind: 'rotation', projection: 'max', slab_mm: 0 }

/** A second volume over what a viewport shows. */
export interface Fusion {
  readonly series_instance_uid: string
  readonly stack: number
  readonly opacity: number
  readonly colormap: ColormapName
  readonly range: VoiRange
}

export type Orientation = 'axial' | 'coronal' | 'sagittal'

/** As radiologists look: from the feet, from the front, from the patient's left. */
const LOOKS: Readonly<Record<Orientation, { up: Vec3; normal: Vec3 }>> = {
  axial: { up: [0, -1, 0], normal: [0, 0, -1] },
  coronal: { up: [0, 0, 1], normal: [0, -1, 0] },
  sagittal: { up: [0, 0, 1], normal: [1, 0, 0] },
}

const corners = (grid: VolumeGrid): Vec3[] => {
  const [i, j, k] = grid.size
  return [-0.5, i - 0.5].flatMap((column) =>
    [-0.5, j - 0.5].flatMap((row) =>
      [-0.5, k - 0.5].map((slice) => voxelToPatient(grid, [column, row, slice])),
    ),
  )
}

/** How far the volume reaches to both sides of `from` along a direction. */
export function reach_mm(grid: VolumeGrid, from: Vec3, direction: Vec3): readonly [number, number] {
  const places = corners(grid).map((corner) => dot(subtract(corner, from), direction))
  return [Math.min(...places), Math.max(...places)]
}

/** The whole volume in one of the three planes, through its middle or through a point. */
export function orientedCamera(
  grid: VolumeGrid,
  orientation: Orientation,
  canvas: CanvasSize,
  through_lps: Vec3 = gridCentre_lps(grid),
): PlaneCamera {
  const { up, normal } = LOOKS[orientation]
  return fittedCamera(grid, up, normal, canvas, through_lps)
}

export function fittedCamera(
  grid: VolumeGrid,
  up: Vec3,
  normal: Vec3,
  canvas: CanvasSize,
  through_lps: Vec3 = gridCentre_lps(grid),
): PlaneCamera {
  const right = normalize(cross(up, normal))
  const span = (direction: Vec3): number => {
    const [low, high] = reach_mm(grid, through_lps, direction)
    return high - low
  }
  const mm = Math.max(span(right) / canvas.width, span(up) / canvas.height)
  const centre = gridCentre_lps(grid)
  const off_mm = dot(subtract(through_lps, centre), normal)
  return {
    focal_point_lps: add(centre, scale(normal, off_mm)),
    view_up: up,
    view_plane_normal: normal,
    fit_mm: (mm * Math.min(canvas.width, canvas.height)) / 2,
    flip_horizontal: false,
    flip_vertical: false,
  }
}

/** Which of the three planes a camera looks at; null for anything between. */
export function orientationOf(camera: Pick<PlaneCamera, 'view_plane_normal'>): Orientation | null {
  const found = (Object.keys(LOOKS) as Orientation[]).find(
    (name) => Math.abs(dot(LOOKS[name].normal, camera.view_plane_normal)) > 0.9999,
  )
  return found ?? null
}

/** One voxel further along a direction: what one notch of the wheel moves the plane by. */
export function voxelStep_mm(grid: VolumeGrid, direction: Vec3): number {
  const most = Math.max(...indexAxes(grid).map((axis) => Math.abs(dot(axis, direction))))
  return 1 / most
}

/** The camera some voxels further away from the eye, not beyond the volume. */
export function scrolledCamera(grid: VolumeGrid, camera: PlaneCamera, steps: number): PlaneCamera {
  const away = normalize(scale(camera.view_plane_normal, -1))
  const step_mm = voxelStep_mm(grid, away)
  const [near, far] = reach_mm(grid, camera.focal_point_lps, away)
  // Half a voxel inside the faces: the outermost centres are the last planes with a value of their own.
  const [first, last] = [near + step_mm / 2, far - step_mm / 2]
  const moved = Math.max(first, Math.min(last, steps * step_mm))
  return { ...camera, focal_point_lps: add(camera.focal_point_lps, scale(away, moved)) }
}

/** Which plane of how many, counted in voxel steps from the side of the eye. */
export function planeNumber(
  grid: VolumeGrid,
  camera: PlaneCamera,
): { number: number; count: number } {
  const away = normalize(scale(camera.view_plane_normal, -1))
  const step_mm = voxelStep_mm(grid, away)
  const [near, far] = reach_mm(grid, camera.focal_point_lps, away)
  return {
    number: Math.round(-near / step_mm + 0.5),
    count: Math.max(1, Math.round((far - near) / step_mm)),
  }
}

export const isInsideGrid = (grid: VolumeGrid, point_lps: Vec3): boolean =>
  patientToVoxel(grid, point_lps).every(
    (index, axis) => index >= -0.5 && index <= (grid.size[axis] ?? 0) - 0.5,
  )

/** A plane in the coordinates of another frame of reference, element by element. */
export function transformedPlane(plane: ImagePlane, matrix: RigidMatrix): ImagePlane {
  const origin = transformPoint(matrix, [0, 0, 0])
  const turned = (direction: Vec3): Vec3 => subtract(transformPoint(matrix, direction), origin)
  return {
    ...plane,
    origin_lps: transformPoint(matrix, plane.origin_lps),
    column_step: turned(plane.column_step),
    row_step: turned(plane.row_step),
    normal: turned(plane.normal),
  }
}

/** The finest lattice that a projection through a volume is worth. */
export function projectionPlane(
  grid: VolumeGrid,
  camera: Pick<PlaneCamera, 'view_up' | 'view_plane_normal'>,
): { plane: ImagePlane; thickness_mm: number } {
  const centre = gridCentre_lps(grid)
  const up = normalize(camera.view_up)
  const right = normalize(cross(up, camera.view_plane_normal))
  const down = scale(up, -1)
  const normal = normalize(cross(right, down))
  const spacing = finestEdge_mm(grid)
  const [left_mm, right_mm] = reach_mm(grid, centre, right)
  const [top_mm, bottom_mm] = reach_mm(grid, centre, down)
  const [near_mm, far_mm] = reach_mm(grid, centre, normal)
  const origin = add(
    centre,
    add(scale(right, left_mm + spacing / 2), scale(down, top_mm + spacing / 2)),
  )
  return {
    plane: {
      origin_lps: origin,
      column_step: right,
      row_step: down,
      normal,
      column_spacing_mm: spacing,
      row_spacing_mm: spacing,
      columns: Math.max(1, Math.ceil((right_mm - left_mm) / spacing)),
      rows: Math.max(1, Math.ceil((bottom_mm - top_mm) / spacing)),
    },
    thickness_mm: 2 * Math.max(far_mm, -near_mm),
  }
}
