import { distanceToPlane_mm, type Vec2, type Vec3 } from '@/geometry'

import { pointsOnPlane, type DrawnMeasurement } from '../annotations'
import type { StackView } from '../stackView'
import { voxelStep_mm } from '../volume/reformat'
import { element, fixed } from './svg'

/** Radius in CSS pixels within which a handle is grabbed. */
export const GRAB_RADIUS_PX = 10
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
  const frame = view.shownFrame
  if (frame === null) return shapesOnPlane(view, measurements)
  return measurements
    .filter((m) => m.sop_instance_uid === frame.sop_instance_uid && m.frame === frame.frame)
    .map((measurement) => ({
      measurement,
      points_px: pointsOnPlane(measurement, frame)
        .map((point: Vec3) => view.patientToCanvas(point))
        .filter((point): point is Vec2 => point !== null),
    }))
}

/** On a reformatted plane: what was drawn on images of this series, where all of it lies here. */
function shapesOnPlane(
  view: StackView,
  measurements: readonly DrawnMeasurement[],
): MeasurementShape[] {
  const { series, reformat } = view.state
  const { grid } = view.planes
  const plane = view.shownPlane
  if (series === null || reformat?.kind !== 'plane' || grid === null || plane === null) return []
  const near_mm = voxelStep_mm(grid, plane.normal) / 2
  const own = new Set(series.frames.map((f) => `${f.sop_instance_uid}|${f.frame}`))
  return measurements
    .filter(
      (m) =>
        own.has(`${m.sop_instance_uid}|${m.frame}`) &&
        m.points_lps !== null &&
        m.points_lps.every((point) => Math.abs(distanceToPlane_mm(plane, point)) <= near_mm),
    )
    .map((measurement) => ({
      measurement,
      points_px: (measurement.points_lps ?? [])
        .map((point) => view.patientToCanvas(point))
        .filter((point): point is Vec2 => point !== null),
    }))
}

const line = (a: Vec2, b: Vec2, name: string): SVGElement =>
  element('line', {
    x1: fixed(a[0]),
    y1: fixed(a[1]),
    x2: fixed(b[0]),
    y2: fixed(b[1]),
    class: name,
  })

function lines(points: readonly Vec2[], name: string): SVGElement[] {
  const [a, b, c, d] = points
  return [...(a && b ? [line(a, b, name)] : []), ...(c && d ? [line(c, d, name)] : [])]
}

export function drawMeasurement(shape: MeasurementShape, selected: boolean): SVGElement {
  const { measurement, points_px } = shape
  const group = element('g', {
    class: 'vw-measurement',
    'data-measurement': measurement.id,
    'data-selected': String(selected),
    'data-pending': String(measurement.pending),
  })
  group.style.setProperty('--vw-colour', measurement.colour)
  group.append(...lines(points_px, 'vw-halo'), ...lines(points_px, 'vw-line'))
  for (const [x, y] of points_px) {
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
  label.append(element('tspan', { x: left }, [text]))
  if (caption)
    label.append(element('tspan', { x: left, dy: '1.25em', class: 'vw-caption' }, [caption]))
  return label
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
  for (const { measurement, points_px } of topmost) {
    const handle = points_px.findIndex((point) => distance_px(point, position) <= GRAB_RADIUS_PX)
    if (handle >= 0) return { measurement, handle }
  }
  for (const { measurement, points_px } of topmost) {
    const [a, b, c, d] = points_px
    const near =
      (a && b && distanceToLine_px(position, a, b) <= GRAB_RADIUS_PX / 2) ||
      (c && d && distanceToLine_px(position, c, d) <= GRAB_RADIUS_PX / 2)
    if (near) return { measurement, handle: null }
  }
  return null
}
