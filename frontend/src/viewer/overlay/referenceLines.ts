import {
  cutOf,
  findRegistration,
  planeCorners_lps,
  transformPoint,
  type ImagePlane,
  type RegistrationLink,
  type Vec2,
  type Vec3,
} from '@/geometry'

import type { StackView } from '../stackView'
import { element, fixed } from './svg'

/** One other picture as it cuts this one. */
export interface ReferenceLine {
  /** Of the viewport that it stands for. */
  readonly index: number
  readonly active: boolean
  readonly ends_lps: readonly [Vec3, Vec3]
}

/**
 * Where the pictures of the other visible views cut this one. Only within one frame of reference or
 * across a registration: two scans that merely look alike say nothing of each other.
 */
export function referenceLines(
  view: StackView,
  views: readonly StackView[],
  active: StackView | null,
  registrations: readonly RegistrationLink[],
): ReferenceLine[] {
  const here = placeOf(view)
  if (here === null) return []
  return views.flatMap((other, index) => {
    const there = other === view ? null : placeOf(other)
    if (there === null) return []
    const corners = cornersIn(there, here.space, registrations)
    const normal = corners && crossOf(corners)
    const ends_lps = corners && normal && cutOf(here.plane, corners, normal)
    return ends_lps ? [{ index, active: other === active, ends_lps }] : []
  })
}

interface Place {
  readonly plane: ImagePlane
  readonly space: string
}

/** Where a view's picture lies in patient space; null where it lies nowhere. */
function placeOf(view: StackView): Place | null {
  const plane = view.shownPlane
  const space = view.state.series?.frame_of_reference_uid ?? null
  // A projection through the whole volume lies on no plane.
  if (view.state.reformat?.kind === 'rotation') return null
  if (plane === null || space === null) return null
  return view.shownFrame !== null && view.shownFrame.plane_lps === null ? null : { plane, space }
}

function cornersIn(
  { plane, space }: Place,
  target: string,
  registrations: readonly RegistrationLink[],
): Vec3[] | null {
  const corners = planeCorners_lps(plane)
  if (space === target) return corners
  const found = findRegistration(registrations, space, target)
  return found && corners.map((corner) => transformPoint(found.matrix, corner))
}

function crossOf([a, b, , d]: readonly Vec3[]): Vec3 | null {
  if (!a || !b || !d) return null
  const [u, v] = [b, d].map((end): Vec3 => [end[0] - a[0], end[1] - a[1], end[2] - a[2]])
  if (!u || !v) return null
  const normal: Vec3 = [
    u[1] * v[2] - u[2] * v[1],
    u[2] * v[0] - u[0] * v[2],
    u[0] * v[1] - u[1] * v[0],
  ]
  const size = Math.hypot(...normal)
  return size > 0 ? [normal[0] / size, normal[1] / size, normal[2] / size] : null
}

/** A dashed line per other picture, with the number of its viewport. */
export function drawReferenceLines(
  view: StackView,
  lines: readonly ReferenceLine[],
): SVGElement[] {
  return lines.flatMap(({ index, active, ends_lps }) => {
    const [from, to] = ends_lps.map((end) => view.patientToCanvas(end))
    if (!from || !to) return []
    const at = { x1: fixed(from[0]), y1: fixed(from[1]), x2: fixed(to[0]), y2: fixed(to[1]) }
    const label = labelAt(from, to, view.size)
    return [
      element('g', { class: 'vw-reference', 'data-active': String(active), 'data-of': index }, [
        element('line', { class: 'vw-reference-halo', ...at }),
        element('line', { class: 'vw-reference-line', ...at }),
        element('text', { class: 'vw-reference-label', ...label }, [String(index + 1)]),
      ]),
    ]
  })
}

/** Near the upper or left end, inside the canvas. */
function labelAt(
  from: Vec2,
  to: Vec2,
  { width, height }: { width: number; height: number },
): { x: string; y: string } {
  const first = from[0] + from[1] <= to[0] + to[1] ? from : to
  const within = (value: number, size: number): number => Math.max(16, Math.min(size - 16, value))
  return { x: fixed(within(first[0] + 6, width)), y: fixed(within(first[1] + 14, height)) }
}
