import {
  cross,
  normalize,
  rotate,
  screenAxes,
  type CanvasSize,
  type PlaneCamera,
  type Vec3,
  type VolumeGrid,
} from '@/geometry'

import { fittedCamera } from '../volume/reformat'

/** Which side of the patient is towards the eye. */
export type Side = 'A' | 'P' | 'L' | 'R' | 'S' | 'I'

export const SIDES: readonly Side[] = ['A', 'P', 'L', 'R', 'S', 'I']

/** LPS: x grows to the patient's left, y to the back, z to the head. */
const LOOKS: Readonly<Record<Side, { readonly normal: Vec3; readonly up: Vec3 }>> = {
  A: { normal: [0, -1, 0], up: [0, 0, 1] },
  P: { normal: [0, 1, 0], up: [0, 0, 1] },
  L: { normal: [1, 0, 0], up: [0, 0, 1] },
  R: { normal: [-1, 0, 0], up: [0, 0, 1] },
  S: { normal: [0, 0, 1], up: [0, -1, 0] },
  I: { normal: [0, 0, -1], up: [0, -1, 0] },
}

/** The whole volume seen from one side, upright. */
export const cameraFrom = (grid: VolumeGrid, side: Side, canvas: CanvasSize): PlaneCamera =>
  fittedCamera(grid, LOOKS[side].up, LOOKS[side].normal, canvas)

/** The side that is exactly towards the eye, or null for anything between. */
export function sideOf({ view_plane_normal }: Pick<PlaneCamera, 'view_plane_normal'>): Side | null {
  const [x, y, z] = view_plane_normal
  const found = SIDES.find((side) => {
    const [a, b, c] = LOOKS[side].normal
    return a * x + b * y + c * z > 0.9999
  })
  return found ?? null
}

/** A drag over the shorter side of the canvas turns the patient once about. */
const DEGREES_PER_SHORTER_SIDE = 270

/** Degrees that a drag of so many CSS pixels turns by. */
export const degreesOf = (pixels: number, { width, height }: CanvasSize): number =>
  (pixels * DEGREES_PER_SHORTER_SIDE) / Math.max(1, Math.min(width, height))

/**
 * Turns the patient under the hand: what is in front moves to the right and down by these degrees.
 * The focal point stays where it is.
 */
export function orbited(
  camera: PlaneCamera,
  right_degrees: number,
  down_degrees: number,
): PlaneCamera {
  const { right, up } = screenAxes(camera)
  const mirrored = camera.flip_horizontal !== camera.flip_vertical ? -1 : 1
  const radians = Math.PI / 180
  const turn = (vector: Vec3): Vec3 =>
    rotate(
      rotate(vector, up, -right_degrees * radians * mirrored),
      right,
      -down_degrees * radians * mirrored,
    )
  const normal = normalize(turn(camera.view_plane_normal))
  // Kept perpendicular, however often it is turned.
  const across = normalize(cross(turn(camera.view_up), normal))
  return { ...camera, view_plane_normal: normal, view_up: normalize(cross(normal, across)) }
}
