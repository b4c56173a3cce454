import {
  add,
  cross,
  dot,
  length,
  normalize,
  scale,
  subtract,
  type Vec2,
  type Vec3,
} from '@/geometry'

import type { StackView } from './stackView'
import type { Viewer } from './viewer'
import { isWhole } from './volume/reformat'

/** Where the plane of another viewport cuts this one, on the canvas. */
export interface PlaneLine {
  /** Index of the other viewport. */
  readonly other: number
  readonly through: Vec2
  /** Unit vector on the canvas. */
  readonly along: Vec2
  readonly colour: string
}

/** Closer to parallel than this, a line would jump about. */
const SMALLEST_ANGLE_SINE = 0.03
/** Where the handles that turn sit, in parts of the shorter side from the shared point. */
const HANDLE_SHARE = 0.36
/** WCAG 2.2: targets are 24 px wide. */
const GRAB_PX = 12

/** By viewport, so that a plane keeps its colour while it turns. */
const COLOURS = ['#ff8a80', '#7be08a', '#82b7ff', '#ffd54a', '#d9a3ff', '#6fe0d8'] as const

export const lineColour = (viewport: number): string =>
  COLOURS[viewport % COLOURS.length] ?? COLOURS[0]

/** The plane that a view shows or is about to show; null for a projection through everything. */
function planeOf(view: StackView): { point: Vec3; normal: Vec3 } | null {
  const { camera, reformat, series } = view.state
  if (camera === null || !series?.frame_of_reference_uid) return null
  if (isWhole(reformat)) return null
  if (reformat) return { point: camera.focal_point_lps, normal: normalize(camera.view_plane_normal) }
  const plane = view.shownFrame?.plane_lps
  return plane ? { point: plane.origin_lps, normal: plane.normal } : null
}

/** Lines of the other visible viewports of the same frame of reference. */
export function linesOn(viewer: Viewer, view: StackView): PlaneLine[] {
  const own = planeOf(view)
  const space = view.state.series?.frame_of_reference_uid
  if (own === null || !space) return []
  return viewer.visibleViews.flatMap((other, index): PlaneLine[] => {
    const { series } = other.state
    const theirs = other === view || series?.frame_of_reference_uid !== space ? null : planeOf(other)
    const line = theirs && cut(view, own, theirs)
    return line ? [{ other: index, ...line, colour: lineColour(index) }] : []
  })
}

function cut(
  view: StackView,
  own: { point: Vec3; normal: Vec3 },
  theirs: { point: Vec3; normal: Vec3 },
): Pick<PlaneLine, 'through' | 'along'> | null {
  const direction = cross(own.normal, theirs.normal)
  if (length(direction) < SMALLEST_ANGLE_SINE) return null
  // Down their plane, square to the line, until it meets ours.
  const slope = subtract(own.normal, scale(theirs.normal, dot(own.normal, theirs.normal)))
  const away = dot(subtract(own.point, theirs.point), own.normal) / dot(slope, own.normal)
  const place = add(theirs.point, scale(slope, away))
  const first = view.patientToCanvas(place)
  const second = view.patientToCanvas(add(place, normalize(direction)))
  if (first === null || second === null) return null
  const step: Vec2 = [second[0] - first[0], second[1] - first[1]]
  const size = Math.hypot(step[0], step[1])
  return size > 0 ? { through: first, along: [step[0] / size, step[1] / size] } : null
}

/** The point of a line nearest to a place on the canvas. */
export function nearestOn({ through, along }: PlaneLine, [x, y]: Vec2): Vec2 {
  const far = (x - through[0]) * along[0] + (y - through[1]) * along[1]
  return [through[0] + far * along[0], through[1] + far * along[1]]
}

/** Places of the handles that turn the planes of these lines. */
export function turnHandles(view: StackView, line: PlaneLine, centre: Vec2): Vec2[] {
  const reach = Math.min(view.size.width, view.size.height) * HANDLE_SHARE
  const [x, y] = nearestOn(line, centre)
  return [reach, -reach].map((far) => [x + line.along[0] * far, y + line.along[1] * far])
}

/** Where the shared point is on the canvas of a view; null where there is none. */
export function crosshairCentre(viewer: Viewer, view: StackView): Vec2 | null {
  const point = viewer.planes.pointIn(view)
  return point && view.patientToCanvas(point)
}

/** Only planes can be turned; a line of images stays where the scanner put them. */
export const isTurnable = (viewer: Viewer, { other }: PlaneLine): boolean =>
  viewer.views[other]?.state.reformat?.kind === 'plane'

export function hitsTurnHandle(viewer: Viewer, view: StackView, at: Vec2): boolean {
  const centre = crosshairCentre(viewer, view)
  if (centre === null) return false
  return linesOn(viewer, view)
    .filter((line) => isTurnable(viewer, line))
    .flatMap((line) => turnHandles(view, line, centre))
    .some(([x, y]) => Math.hypot(x - at[0], y - at[1]) <= GRAB_PX)
}

/** Turns the other planes as far as the hand has gone about the shared point on this canvas. */
export function turnByHand(viewer: Viewer, view: StackView, from: Vec2, to: Vec2): void {
  const centre = crosshairCentre(viewer, view)
  const { camera } = view.state
  if (centre === null || camera === null) return
  const angleOf = ([x, y]: Vec2): number => Math.atan2(y - centre[1], x - centre[0])
  const mirrored = camera.flip_horizontal !== camera.flip_vertical
  // Down the canvas angles grow clockwise; about a normal towards the eye they grow the other way.
  const angle = angleOf(to) - angleOf(from)
  viewer.planes.turnCrosshair(view, mirrored ? angle : -angle)
}
