import type { Vec2, Vec3 } from '@/geometry'

import { isShownOn, pointsOnPlane, surfaceOf, type DrawnMeasurement } from '../annotations'
import type { StackView } from '../stackView'
import { MEASURING_TOOLS } from '../tools'
import { element, fixed } from './svg'

/** Radius in CSS pixels within which a handle is grabbed. */
export const GRAB_RADIUS_PX = 12
const HANDLE_RADIUS_PX = 4

export interface MeasurementShape {
  readonly measurement: DrawnMeasurement
  readonly points_px: readonly Vec2[]
}

/** The measurements of the shown picture with their places on the canvas. */
export function shapesOn(
  view: StackView,
  measurements: readonly DrawnMeasurement[],
): MeasurementShape[] {
  const surface = surfaceOf(view)
  if (surface === null) return []
  return measurements
    .filter((measurement) => isShownOn(measurement, surface))
    .map((measurement) => ({
      measurement,
      points_px: pointsOnPlane(measurement, surface)
        .map((point: Vec3) => view.patientToCanvas(point))
        .filter((point): point is Vec2 => point !== null),
    }))
}

const strokesOf = ({ measurement, points_px }: MeasurementShape): readonly (readonly Vec2[])[] =>
  MEASURING_TOOLS[measurement.kind].strokes(points_px)

const handlesOf = ({ measurement, points_px }: MeasurementShape): readonly Vec2[] =>
  MEASURING_TOOLS[measurement.kind].moved ? points_px : []

const stroke = (points: readonly Vec2[], name: string): SVGElement =>
  element('polyline', {
    points: points.map(([x, y]) => `${fixed(x)},${fixed(y)}`).join(' '),
    class: name,
  })

export function drawMeasurement(shape: MeasurementShape, selected: boolean): SVGElement {
  const { measurement, points_px } = shape
  const group = element('g', {
    class: 'vw-measurement',
    'data-measurement': measurement.id,
    'data-kind': measurement.kind,
    'data-selected': String(selected),
    'data-pending': String(measurement.pending),
  })
  group.style.setProperty('--vw-colour', measurement.colour)
  const strokes = strokesOf(shape)
  group.append(
    ...strokes.map((points) => stroke(points, 'vw-halo')),
    ...strokes.map((points) => stroke(points, 'vw-line')),
  )
  for (const [x, y] of handlesOf(shape)) {
    group.append(
      element('circle', { cx: fixed(x), cy: fixed(y), r: HANDLE_RADIUS_PX, class: 'vw-handle' }),
    )
  }
  const anchor = points_px.reduce<Vec2 | null>(
    (best, point) => (best === null || point[0] > best[0] ? point : best),
    null,
  )
  if (anchor !== null) group.append(words(measurement, anchor))
  return group
}

function words({ text, caption }: DrawnMeasurement, [x, y]: Vec2): SVGElement {
  const left = fixed(x + 10)
  const label = element('text', { x: left, y: fixed(y + 4), class: 'vw-value' })
  const lines = [
    ...text.split('\n').filter(Boolean).map((line) => [line, ''] as const),
    ...(caption ? [[caption, 'vw-caption'] as const] : []),
  ]
  lines.forEach(([line, name], index) =>
    label.append(
      element('tspan', { x: left, ...(index > 0 && { dy: '1.25em' }), class: name }, [line]),
    ),
  )
  return label
}

const EDGE_PX = 4
const BELOW_PX = 18

/**
 * Moves words that the edge of the viewport would cut: what millimetres are of stands at their end.
 * They go below the line they would lie on. Once everything drawn is in the page.
 */
export function keepWordsInside(drawing: SVGSVGElement): void {
  const labels = drawing.querySelectorAll<SVGTextElement>('.vw-measurement .vw-value')
  if (labels.length === 0) return
  const { width } = drawing.getBoundingClientRect()
  for (const label of labels) {
    const box = label.getBBox()
    const beyond = box.x + box.width - (width - EDGE_PX)
    if (beyond <= 0 || box.x > width) continue
    const left = Math.min(beyond, Math.max(0, box.x - EDGE_PX))
    label.setAttribute('transform', `translate(${fixed(-left)} ${BELOW_PX})`)
  }
}

const distance_px = (a: Vec2, b: Vec2): number => Math.hypot(a[0] - b[0], a[1] - b[1])

function distanceToLine_px(p: Vec2, a: Vec2, b: Vec2): number {
  const size = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
  if (size === 0) return distance_px(p, a)
  const along = ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / size
  const bounded = Math.max(0, Math.min(1, along))
  return distance_px(p, [a[0] + bounded * (b[0] - a[0]), a[1] + bounded * (b[1] - a[1])])
}

export interface Hit {
  readonly measurement: DrawnMeasurement
  /** Handle index, or null for the line itself. */
  readonly handle: number | null
}

/** What lies under a canvas position: a handle before a line, the topmost first. */
export function hitTest(shapes: readonly MeasurementShape[], position: Vec2): Hit | null {
  const topmost = [...shapes].reverse()
  for (const shape of topmost) {
    const handle = handlesOf(shape).findIndex(
      (point) => distance_px(point, position) <= GRAB_RADIUS_PX,
    )
    if (handle >= 0) return { measurement: shape.measurement, handle }
  }
  for (const shape of topmost) {
    const near = strokesOf(shape).some((points) =>
      points.slice(1).some((end, index) => {
        const start = points[index]
        return start && distanceToLine_px(position, start, end) <= GRAB_RADIUS_PX / 2
      }),
    )
    if (near) return { measurement: shape.measurement, handle: null }
  }
  return null
}
