import { mmPerPixel, type CanvasSize, type PlaneCamera } from './camera'
import type { Vec2 } from './vector'

/** Width and height of what a canvas shows, in millimetres of the picture. */
export function visible_mm(camera: Pick<PlaneCamera, 'fit_mm'>, canvas: CanvasSize): Vec2 {
  const mm = mmPerPixel(camera, canvas)
  return [canvas.width * mm, canvas.height * mm]
}

/** Two screens agree where neither side differs by more than this: nobody sees an outline there. */
export const SAME_SHAPE_SHARE = 0.03

/** What somebody else sees, on this canvas; a side beyond its edge is not on it. */
export interface SeenBox {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/**
 * The rectangle of `theirs_mm` about `centre` (canvas pixels) on a canvas of another shape, or null
 * where both show the same.
 */
export function seenBox(
  theirs_mm: Vec2,
  camera: Pick<PlaneCamera, 'fit_mm'>,
  canvas: CanvasSize,
  centre: Vec2,
): SeenBox | null {
  const own_mm = visible_mm(camera, canvas)
  const agrees = (side: 0 | 1): boolean =>
    Math.abs(theirs_mm[side] / own_mm[side] - 1) <= SAME_SHAPE_SHARE
  if (agrees(0) && agrees(1)) return null
  const mm = mmPerPixel(camera, canvas)
  const [half_width, half_height] = [theirs_mm[0] / mm / 2, theirs_mm[1] / mm / 2]
  return {
    left: centre[0] - half_width,
    top: centre[1] - half_height,
    right: centre[0] + half_width,
    bottom: centre[1] + half_height,
  }
}
