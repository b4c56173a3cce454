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
import { namesWanted, placeLabels } from './declutter'
import { element, fixed } from './svg'

/** A place in the coordinates that somebody pointed in. */
export interface PointedPlace {
  readonly series_instance_uid: string
  readonly frame_of_reference_uid: string | null
  readonly point_lps: Vec3 | null
  readonly sop_instance_uid: string | null
  readonly frame: number | null
  readonly point_image: Vec2 | null
}

/** Somebody else's pointer. */
export interface RemotePointer extends PointedPlace {
  readonly user: string
  readonly name: string
  readonly colour: string
  /** The presenter: their name is the last to be left out. */
  readonly leads?: boolean
  /** It has rested for long. */
  readonly idle?: boolean
  /** A presenter's bright dot; where it has been a moment ago, oldest first. */
  readonly laser?: readonly Vec3[] | null
}

/** Distance from the slice at which a pointer has faded away. */
export const FADED_AT_MM = 40
/** So near to the slice, or inside the slab, a pointer lies in it. */
export const IN_PLANE_MM = 1
const FAINTEST = 0.12
/** Through a whole body the depth is not known: seen, and no more than that. */
const THROUGH = 0.6
const IDLE = 0.35
const RING_PX = 11
const DOT_PX = 3
const LASER_PX = 8
const LETTER_SHARE = 0.58

export interface PlacedPointer {
  readonly position: Vec2
  readonly strength: number
  /** It lies in the plane, not before or behind it. */
  readonly in_plane: boolean
  /** The picture is a projection of the whole: at which depth it lies is not seen. */
  readonly through: boolean
  /** It points in another frame of reference; a registration brought it here. */
  readonly registered: boolean
}

/** How strongly a pointer so far from the middle of a slab is seen; null where it is not. */
export function strengthThrough(away_mm: number, slab_mm: number): number | null {
  const outside_mm = Math.max(0, away_mm - slab_mm / 2)
  return outside_mm >= FADED_AT_MM ? null : Math.max(FAINTEST, 1 - outside_mm / FADED_AT_MM)
}

/** Place and strength of a pointer in this view, or null where it cannot be placed (LIVE-L2). */
export function placePointer(
  view: StackView,
  pointer: PointedPlace,
  registrations: readonly RegistrationLink[] = [],
): PlacedPointer | null {
  const frame = view.shownFrame
  const { series, reformat } = view.state
  const through = isWhole(reformat)
  const plane_lps = frame === null ? view.shownPlane : frame.plane_lps
  if (series === null || (frame === null && plane_lps === null && !through)) return null
  if (pointer.point_lps !== null) {
    const { frame_of_reference_uid: from } = pointer
    const here = series.frame_of_reference_uid
    if ((plane_lps === null && !through) || from === null) return null
    const found = findRegistration(registrations, from, here)
    if (from !== here && found === null) return null
    const point = found ? transformPoint(found.matrix, pointer.point_lps) : pointer.point_lps
    const position = view.patientToCanvas(point)
    const registered = found !== null
    if (through || plane_lps === null)
      return position && { position, strength: THROUGH, in_plane: false, through, registered }
    const away_mm = Math.abs(distanceToPlane_mm(plane_lps, point))
    const slab_mm = reformat?.slab_mm ?? 0
    const strength = strengthThrough(away_mm, slab_mm)
    if (position === null || strength === null) return null
    const in_plane = away_mm <= IN_PLANE_MM + slab_mm / 2
    return { position, strength, in_plane, through, registered }
  }
  const sameImage =
    pointer.point_image !== null &&
    frame?.plane_lps === null &&
    pointer.sop_instance_uid === frame.sop_instance_uid &&
    pointer.frame === frame.frame
  if (!sameImage || pointer.point_image === null) return null
  const position = view.patientToCanvas(imageToPatient(frame.plane, pointer.point_image))
  return position && { position, strength: 1, in_plane: true, through: false, registered: false }
}

type Placed = RemotePointer & PlacedPointer & { readonly leads: boolean }

/** Everybody's pointers in one view, their names where there is room for them. */
export function drawPointers(
  view: StackView,
  pointers: readonly RemotePointer[],
  registrations: readonly RegistrationLink[],
  { hand, letter_px }: { readonly hand: Vec2 | null; readonly letter_px: number },
): SVGElement[] {
  const placed = pointers.flatMap((pointer): Placed[] => {
    const place = placePointer(view, pointer, registrations)
    return place === null ? [] : [{ leads: false, ...pointer, ...place }]
  })
  if (placed.length === 0) return []
  const labels = namesWanted(placed, hand)
    .filter(({ name }) => name !== '')
    .map(({ user, name, position, leads }) => ({
      id: user,
      at: position,
      width: name.length * letter_px * LETTER_SHARE,
      height: letter_px * 1.25,
      rank: leads ? 0 : 1,
    }))
  const reach_px = RING_PX * (letter_px / 13)
  const places = placeLabels(labels, view.size, reach_px)
  return placed.map((pointer) => {
    const group = element('g', {
      class: 'vw-pointer',
      'data-pointer': pointer.user,
      'data-registered': String(pointer.registered),
      'data-in-plane': String(pointer.in_plane),
      'data-through': String(pointer.through),
      'data-laser': String(isLaser(pointer)),
    })
    group.style.setProperty('--vw-colour', pointer.colour)
    const strength = isLaser(pointer) ? 1 : pointer.strength * (pointer.idle ? IDLE : 1)
    group.style.opacity = strength.toFixed(2)
    group.append(...(isLaser(pointer) ? laserOf(view, pointer) : ringOf(pointer)))
    const place = places.get(pointer.user)
    if (place) group.append(nameAt(pointer.name, place, letter_px))
    return group
  })
}

const isLaser = (pointer: Placed): boolean => (pointer.laser ?? null) !== null && pointer.in_plane

function ringOf({ position: [x, y], in_plane }: Placed): SVGElement[] {
  const at = { cx: fixed(x), cy: fixed(y) }
  return [
    element('circle', { ...at, r: RING_PX, class: 'vw-ring-halo' }),
    element('circle', { ...at, r: RING_PX, class: 'vw-ring' }),
    ...(in_plane ? [element('circle', { ...at, r: DOT_PX, class: 'vw-dot' })] : []),
  ]
}

/** A bright dot, and where it came from. */
function laserOf(view: StackView, { position: [x, y], laser }: Placed): SVGElement[] {
  const before = (laser ?? []).map((point) => view.patientToCanvas(point))
  const points = [...before.filter((point) => point !== null), [x, y] as const]
  const way = points.map(([px, py]) => `${fixed(px)},${fixed(py)}`).join(' ')
  return [
    element('polyline', { points: way, class: 'vw-laser-trail' }),
    element('circle', { cx: fixed(x), cy: fixed(y), r: LASER_PX + 4, class: 'vw-laser-glow' }),
    element('circle', { cx: fixed(x), cy: fixed(y), r: LASER_PX, class: 'vw-laser' }),
  ]
}

const nameAt = (name: string, [left, top]: Vec2, letter_px: number): SVGElement =>
  element('text', { x: fixed(left), y: fixed(top + letter_px), class: 'vw-pointer-name' }, [name])
