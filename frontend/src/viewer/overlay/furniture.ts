import { edgeLetters, mmPerPixel, scaleBarFor, screenAxes, type PlaneCamera } from '@/geometry'

import { wholeScale } from '../calibration'
import type { StackView } from '../stackView'
import { element, fixed } from './svg'

/** Share of the width that the scale bar may take. */
const SCALE_BAR_SHARE = 0.25

/**
 * Orientation letters at the edges and a scale bar at the bottom. Where the banner reaches past the
 * middle, `safety.module.css`, which lays it out, moves the upper and lower letters beside it.
 */
export function drawFurniture(view: StackView): SVGElement[] {
  const frame = view.shownFrame
  const { camera, reformat } = view.state
  if (camera === null || (frame === null && reformat === null)) return []
  const { width, height } = view.size
  // Without patient space there is neither left nor right of a patient.
  if (frame !== null && frame.plane_lps === null) {
    const scale = wholeScale(frame.calibration)
    return scale === null ? [] : scaleBar(view, camera, scale.column_mm)
  }
  const { right, up } = screenAxes(camera)
  const letters = edgeLetters(right, up)
  const at = (x: number, y: number, words: string, edge: string): SVGElement =>
    element(
      'text',
      { x: fixed(x), y: fixed(y), class: 'vw-letter', 'data-edge': edge, 'text-anchor': 'middle' },
      [words],
    )
  return [
    at(width / 2, 18, letters.top, 'top'),
    at(width / 2, height - 8, letters.bottom, 'bottom'),
    at(14, height / 2 + 5, letters.left, 'left'),
    at(width - 14, height / 2 + 5, letters.right, 'right'),
    ...scaleBar(view, camera, 1),
  ]
}

/** `unit_mm` is the length of one unit of the plane. */
function scaleBar(view: StackView, camera: PlaneCamera, unit_mm: number): SVGElement[] {
  const { width, height } = view.size
  const bar = scaleBarFor(mmPerPixel(camera, view.size) * unit_mm, width * SCALE_BAR_SHARE)
  if (bar === null) return []
  const [x, y] = [width - 16, height - 30]
  return [
    element('path', {
      class: 'vw-scale',
      d: `M${fixed(x - bar.length_px)} ${y - 5}V${y}H${fixed(x)}V${y - 5}`,
    }),
    element(
      'text',
      {
        x: fixed(x - bar.length_px / 2),
        y: y - 4,
        class: 'vw-scale-label',
        'text-anchor': 'middle',
      },
      [bar.label],
    ),
  ]
}
