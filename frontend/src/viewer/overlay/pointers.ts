import {
  distanceToPlane_mm,
  findRegistration,
  imageToPatient,
  transformPoint,
  type RegistrationLink,
  type Vec2,
  type Vec3,
} from '@/geometry'

import type { StackView } from '../stackView'
import { isWhole } from '../volume/reformat'
import { element, fixed } from './svg'

/** Somebody else's pointer, in the coordinates they point in. */
export interface RemotePointer {
  readonly user: string
  readonly name: string
  readonly colour: string
  readonly series_instance_uid: string
  readonly frame_of_reference_uid: string | null
  readonly point_lps: Vec3 | null
  readonly sop_instance_uid: string | null
  readonly frame: number | null
  readonly point_image: Vec2 | null
}

/** Distance from the slice at which a pointer has faded away. */
const FADED_AT_MM = 40
const FAINTEST = 0.12
const RING_PX = 11

export interface PlacedPointer {
  readonly position: Vec2
  readonly strength: number
  /** It points in another frame of reference; a registration brought it here. */
  readonly registered: boolean
}

/** Place and strength of a pointer in this view, or null where it cannot be placed (LIVE-L2). */
export function placePointer(
  view: StackView,
  pointer: RemotePointer,
  registrations: readonly RegistrationLink[] = [],
): PlacedPointer | null {
  const frame = view.shownFrame
  const { series } = view.state
  const plane_lps = frame === null ? view.shownPlane : frame.plane_lps
  if (series === null || (frame === null && plane_lps === null)) return null
  // Through a whole body every depth lies over the same place.
  if (isWhole(view.state.reformat)) return null
  if (pointer.point_lps !== null) {
    const { frame_of_reference_uid: from } = pointer
    const here = series.frame_of_reference_uid
    if (plane_lps === null || from === null) return null
    const found = findRegistration(registrations, from, here)
    if (from !== here && found === null) return null
    const point = found ? transformPoint(found.matrix, pointer.point_lps) : pointer.point_lps
    const away_mm = Math.abs(distanceToPlane_mm(plane_lps, point))
    if (away_mm >= FADED_AT_MM) return null
    const position = view.patientToCanvas(point)
    const strength = Math.max(FAINTEST, 1 - away_mm / FADED_AT_MM)
    return position && { position, strength, registered: found !== null }
  }
  const sameImage =
    pointer.point_image !== null &&
    frame?.plane_lps === null &&
    pointer.sop_instance_uid === frame.sop_instance_uid &&
    pointer.frame === frame.frame
  if (!sameImage || pointer.point_image === null) return null
  const position = view.patientToCanvas(imageToPatient(frame.plane, pointer.point_image))
  return position && { position, strength: 1, registered: false }
}

export function drawPointer(
  view: StackView,
  pointer: RemotePointer,
  registrations: readonly RegistrationLink[] = [],
): SVGElement | null {
  const place = placePointer(view, pointer, registrations)
  if (place === null) return null
  const [x, y] = place.position
  const group = element('g', { class: 'vw-pointer', 'data-pointer': pointer.user, 'data-registered': String(place.registered) })
  group.style.setProperty('--vw-colour', pointer.colour)
  group.style.opacity = place.strength.toFixed(2)
  group.append(
    element('circle', { cx: fixed(x), cy: fixed(y), r: RING_PX, class: 'vw-ring-halo' }),
    element('circle', { cx: fixed(x), cy: fixed(y), r: RING_PX, class: 'vw-ring' }),
    element('text', { x: fixed(x + RING_PX + 5), y: fixed(y + 4), class: 'vw-pointer-name' }, [
      pointer.name,
    ]),
  )
  return group
}
