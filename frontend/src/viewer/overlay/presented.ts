import { imageToPatient, seenBox, type SeenBox, type Vec2 } from '@/geometry'
import type { Viewport } from '@/protocol/generated'

import type { StackView } from '../stackView'
import { element, fixed } from './svg'

/** Nearer to the edge a line says nothing. */
const INSIDE_PX = 2
const MARK_PX = 7
/** Beside the letters of the patient's sides, which stand in the middle. */
const BESIDE_MIDDLE = 0.42
/** Below those letters, above the words at the foot. */
const BELOW_MIDDLE = 0.62

/** What the presenter sees of this view, where its own shape shows more or less (LIVE-V2). */
export function presentedBox(view: StackView, viewport: Viewport): SeenBox | null {
  const { series, camera, reformat } = view.state
  if (series?.series_instance_uid !== viewport.series_instance_uid || camera === null) return null
  // A 3D picture has no edge that lies anywhere.
  if (reformat?.kind === 'solid') return null
  if (viewport.camera !== null && viewport.visible_mm) {
    const centre = view.patientToCanvas(viewport.camera.focal_point_lps)
    return centre && seenBox(viewport.visible_mm, camera, view.size, centre)
  }
  const plane = view.shownFrame?.plane
  if (viewport.image_camera === null || !viewport.visible_px || plane === undefined) return null
  const [width, height] = viewport.visible_px
  const theirs: Vec2 = [width * plane.column_spacing_mm, height * plane.row_spacing_mm]
  const centre = view.patientToCanvas(imageToPatient(plane, viewport.image_camera.center))
  return centre && seenBox(theirs, camera, view.size, centre)
}

/** Its edges as far as they are on this screen; a small mark where theirs goes on beyond. */
export function drawPresented(view: StackView, viewport: Viewport | null, name: string): SVGElement[] {
  const box = viewport && presentedBox(view, viewport)
  if (!box) return []
  const { width, height } = view.size
  const within = (value: number, end: number): boolean => value > INSIDE_PX && value < end - INSIDE_PX
  const [left, right] = [Math.max(0, box.left), Math.min(width, box.right)]
  const [top, bottom] = [Math.max(0, box.top), Math.min(height, box.bottom)]
  const edges: [Vec2, Vec2][] = []
  if (within(box.left, width)) edges.push([[box.left, top], [box.left, bottom]])
  if (within(box.right, width)) edges.push([[box.right, top], [box.right, bottom]])
  if (within(box.top, height)) edges.push([[left, box.top], [right, box.top]])
  if (within(box.bottom, height)) edges.push([[left, box.bottom], [right, box.bottom]])
  const group = element('g', { class: 'vw-presented', 'data-edges': edges.length })
  for (const style of ['vw-presented-halo', 'vw-presented-line']) {
    for (const [[x1, y1], [x2, y2]] of edges)
      group.append(
        element('line', { x1: fixed(x1), y1: fixed(y1), x2: fixed(x2), y2: fixed(y2), class: style }),
      )
  }
  const marks: [Vec2, Vec2][] = []
  const [x, y] = [width * BESIDE_MIDDLE, height * BESIDE_MIDDLE]
  if (box.left < -INSIDE_PX) marks.push([[0, y], [1, 0]])
  if (box.right > width + INSIDE_PX) marks.push([[width, y], [-1, 0]])
  if (box.top < -INSIDE_PX) marks.push([[x, 0], [0, 1]])
  if (box.bottom > height + INSIDE_PX) marks.push([[x, height], [0, -1]])
  group.append(...marks.flatMap(([at, inwards]) => chevron(at, inwards)))
  if (edges.length > 0)
    group.append(
      element(
        'text',
        { x: fixed(left + 6), y: fixed(top + (bottom - top) * BELOW_MIDDLE), class: 'vw-presented-name' },
        [name],
      ),
    )
  return [group]
}

/** An angle at the edge that points outwards. */
function chevron([x, y]: Vec2, [dx, dy]: Vec2): SVGElement[] {
  const [tipX, tipY] = [x + dx * 4, y + dy * 4]
  const corner = (side: 1 | -1): string =>
    `${fixed(tipX + dx * MARK_PX - dy * MARK_PX * side)},${fixed(tipY + dy * MARK_PX + dx * MARK_PX * side)}`
  const points = `${corner(1)} ${fixed(tipX)},${fixed(tipY)} ${corner(-1)}`
  return ['vw-presented-halo', 'vw-presented-mark'].map((style) =>
    element('polyline', { points, class: style, fill: 'none' }),
  )
}
