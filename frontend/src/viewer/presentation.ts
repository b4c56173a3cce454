import {
  fittingCamera,
  imageToPatient,
  rotatedClockwise,
  type CanvasSize,
  type ImagePlane,
  type PlaneCamera,
  type Vec2,
} from '@/geometry'

import type { StackView } from './stackView'

/** How a presentation state wants one image shown. */
export interface PresentedLook {
  /** Clockwise degrees, before the flip (PS3.3 C.10.6). */
  readonly turn: number
  readonly flipped: boolean
  readonly lut: string
  /** In values of the image before any SUV factor. */
  readonly voi: { lower: number; upper: number; is_reversed: boolean } | null
  /** Corners as they lie after turning, outer edges of pixels. */
  readonly area: { top_left: Vec2; bottom_right: Vec2 } | null
}

/** The camera that shows the displayed area, turned and flipped, fitting the canvas. */
export function presentedCamera(
  plane: ImagePlane,
  canvas: CanvasSize,
  { turn, flipped, area }: Pick<PresentedLook, 'turn' | 'flipped' | 'area'>,
): PlaneCamera {
  const whole = fittingCamera(plane, canvas)
  const [left, top] = area?.top_left ?? [-0.5, -0.5]
  const [right, bottom] = area?.bottom_right ?? [plane.columns - 0.5, plane.rows - 0.5]
  const sides_mm: Vec2 = [
    Math.abs(right - left) * plane.column_spacing_mm,
    Math.abs(bottom - top) * plane.row_spacing_mm,
  ]
  const [width_mm, height_mm] = turn % 180 === 0 ? sides_mm : [sides_mm[1], sides_mm[0]]
  const mm = Math.max(width_mm / canvas.width, height_mm / canvas.height)
  const framed = {
    ...whole,
    focal_point_lps: imageToPatient(plane, [(left + right) / 2, (top + bottom) / 2]),
    fit_mm: (mm * Math.min(canvas.width, canvas.height)) / 2,
  }
  return { ...rotatedClockwise(framed, turn), flip_horizontal: flipped }
}

/** Camera and window as the presentation state stored them, on the image asked for. */
export function applyPresentation(view: StackView, look: PresentedLook): void {
  const frame = view.targetFrame
  if (frame === null) return
  view.setCamera(presentedCamera(frame.plane, view.size, look), 'user')
  if (look.voi === null || frame.layout.samples_per_pixel > 1) return
  // The state says what is white; MONOCHROME1 has no say any more (PS3.3 C.11.6).
  const isInverted = look.voi.is_reversed !== (look.lut === 'INVERSE')
  const isMonochrome1 = frame.layout.photometric_interpretation === 'MONOCHROME1'
  view.setVoi(
    {
      lower: look.voi.lower * frame.factor,
      upper: look.voi.upper * frame.factor,
      invert: isInverted !== isMonochrome1,
    },
    'user',
  )
}
