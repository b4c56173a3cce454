import type { Vec2 } from '@/geometry'

import { cutsOf, gripsOf, type Cut, type Grip } from '../box/box'
import type { StackView } from '../stackView'
import type { Viewer } from '../viewer'
import { isWhole } from '../volume/reformat'
import { GRAB_RADIUS_PX } from './measurements'
import { element, fixed } from './svg'

const HANDLE_PX = 5

/** Where the plane on the screen cuts the box that is being moved. */
function cutsOn({ box }: Viewer, view: StackView): Cut[] {
  const { editing } = box
  const plane = view.shownPlane
  if (editing === null || plane === null || isWhole(view.state.reformat)) return []
  if (view.state.series?.frame_of_reference_uid !== editing.frame_of_reference_uid) return []
  return cutsOf(editing.box, plane)
}

export function drawBox(viewer: Viewer, view: StackView): SVGElement[] {
  const cuts = cutsOn(viewer, view)
  if (cuts.length === 0) return []
  const group = element('g', { class: 'vw-box', 'data-box': viewer.box.editing?.finding ?? '' })
  group.style.setProperty('--vw-colour', 'var(--c-ai)')
  const lines = cuts.map(({ from, to }) => [view.patientToCanvas(from), view.patientToCanvas(to)] as const)
  for (const name of ['vw-halo', 'vw-line']) {
    for (const [from, to] of lines) {
      if (from === null || to === null) continue
      const points = `${fixed(from[0])},${fixed(from[1])} ${fixed(to[0])},${fixed(to[1])}`
      group.append(element('polyline', { points, class: name }))
    }
  }
  for (const { at } of gripsOf(cuts)) {
    const place = view.patientToCanvas(at)
    if (place === null) continue
    group.append(element('circle', { cx: fixed(place[0]), cy: fixed(place[1]), r: HANDLE_PX, class: 'vw-handle' }))
  }
  return [group]
}

/** The grip under a place of the canvas: the nearest of those in reach. */
export function hitBox(viewer: Viewer, view: StackView, [x, y]: Vec2): Grip | null {
  let nearest: Grip | null = null
  let least = GRAB_RADIUS_PX
  for (const grip of gripsOf(cutsOn(viewer, view))) {
    const place = view.patientToCanvas(grip.at)
    if (place === null) continue
    const distance = Math.hypot(place[0] - x, place[1] - y)
    if (distance < least) [nearest, least] = [grip, distance]
  }
  return nearest
}
