import { crosshairCentre, isTurnable, linesOn, nearestOn, turnHandles } from '../crosshair'
import type { PlaneLine } from '../crosshair'
import type { StackView } from '../stackView'
import { isWhole } from '../volume/reformat'
import type { Viewer } from '../viewer'
import { element, fixed } from './svg'

const GAP_PX = 14
const HANDLE_PX = 6
const LABEL_INSET_PX = 46

/** The lines of the other planes, and the point they share. */
export function drawCrosshair(viewer: Viewer, view: StackView): SVGElement[] {
  if (viewer.planes.crosshair === null) return []
  const centre = crosshairCentre(viewer, view)
  if (isWhole(view.state.reformat)) return centre ? [ring(centre)] : []
  return linesOn(viewer, view).map((line) => drawLine(viewer, view, line, centre))
}

const ring = ([x, y]: readonly [number, number]): SVGElement =>
  element('circle', {
    cx: fixed(x),
    cy: fixed(y),
    r: GAP_PX,
    fill: 'none',
    stroke: '#e0218a',
    'stroke-width': 2,
    class: 'vw-crosshair-point',
  })

function drawLine(
  viewer: Viewer,
  view: StackView,
  line: PlaneLine,
  centre: readonly [number, number] | null,
): SVGElement {
  const group = element('g', { class: 'vw-plane-line', 'data-other': line.other })
  const { width, height } = view.size
  const far = width + height
  const [x, y] = nearestOn(line, centre ?? [width / 2, height / 2])
  const [dx, dy] = line.along
  const gap = centre === null ? 0 : GAP_PX
  for (const side of [1, -1]) {
    const ends = {
      x1: fixed(x + dx * gap * side),
      y1: fixed(y + dy * gap * side),
      x2: fixed(x + dx * far * side),
      y2: fixed(y + dy * far * side),
    }
    group.append(
      element('line', { ...ends, stroke: '#000', 'stroke-opacity': 0.55, 'stroke-width': 3 }),
      element('line', { ...ends, stroke: line.colour, 'stroke-width': 1.25 }),
    )
  }
  if (centre !== null && isTurnable(viewer, line)) {
    for (const [cx, cy] of turnHandles(view, line, centre)) {
      group.append(
        element('circle', {
          cx: fixed(cx),
          cy: fixed(cy),
          r: HANDLE_PX,
          fill: '#000',
          'fill-opacity': 0.5,
          stroke: line.colour,
          'stroke-width': 1.5,
        }),
      )
    }
  }
  group.append(label(view, line, [x, y]))
  return group
}

/** The number of the viewport whose plane it is: colour is never the only cue. */
function label(view: StackView, { along, other, colour }: PlaneLine, [x, y]: readonly [number, number]): SVGElement {
  const { width, height } = view.size
  const room = (place: number, step: number, end: number): number =>
    step > 0 ? (end - LABEL_INSET_PX - place) / step : step < 0 ? (LABEL_INSET_PX - place) / step : Infinity
  const reach = Math.max(0, Math.min(room(x, along[0], width), room(y, along[1], height)))
  const words = element(
    'text',
    { x: fixed(x + along[0] * reach + 7), y: fixed(y + along[1] * reach - 7), 'font-size': 12 },
    [String(other + 1)],
  )
  words.style.fill = colour
  return words
}
