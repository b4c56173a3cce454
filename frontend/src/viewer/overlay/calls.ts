import type { RegistrationLink } from '@/geometry'

import type { StackView } from '../stackView'
import { placePointer, type PointedPlace } from './pointers'
import { element, fixed } from './svg'

/** Somebody calls everybody's eyes to a point, for a few seconds. */
export interface Call {
  readonly id: string
  readonly user: string
  readonly name: string
  readonly colour: string
  readonly at: PointedPlace
}

const RING_PX = 20

/** A pulse around the point; for whoever wants nothing to move, two rings that stand still. */
export function drawCalls(
  view: StackView,
  calls: readonly Call[],
  registrations: readonly RegistrationLink[],
): SVGElement[] {
  return calls.flatMap((call) => {
    const place = placePointer(view, call.at, registrations)
    if (place === null) return []
    const [cx, cy] = place.position.map(fixed)
    const group = element('g', { class: 'vw-call', 'data-call': call.id })
    group.style.setProperty('--vw-colour', call.colour)
    group.style.opacity = place.in_plane ? '1' : Math.max(0.75, place.strength).toFixed(2)
    const ring = (name: string, r: number): SVGElement =>
      element('circle', { cx: cx ?? 0, cy: cy ?? 0, r, class: name })
    group.append(
      ring('vw-call-halo', RING_PX),
      ring('vw-call-ring', RING_PX),
      ring('vw-call-ring vw-call-far', RING_PX + 9),
      element(
        'text',
        {
          x: fixed(place.position[0]),
          y: fixed(place.position[1] + RING_PX + 26),
          'text-anchor': 'middle',
          class: 'vw-pointer-name',
        },
        [call.name],
      ),
    )
    return [group]
  })
}
