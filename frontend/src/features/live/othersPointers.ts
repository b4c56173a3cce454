import type { Vec3 } from '@/geometry'
import type { TimedPresence } from '@/protocol/room'
import { isPresenting, type RoomState } from '@/protocol/room'
import { initials, personColour } from '@/ui/people'
import type { Onlooker } from '@/viewer/overlay/onlookers'
import type { RemotePointer } from '@/viewer/overlay/pointers'

import type { Trails } from './trails'
import { RESTED_MS } from './timing'

export const LASER = 'laser'

/** When pointers moved last: one that rests fades, whatever else its person does. */
export class RestingPointers {
  private readonly moved = new Map<string, { place: string; at_ms: number }>()

  rests(entry: TimedPresence, now_ms: number): boolean {
    if (entry.activity !== 'active') return true
    const place = JSON.stringify(entry.pointer)
    const before = this.moved.get(entry.user)
    if (before?.place !== place) {
      this.moved.set(entry.user, { place, at_ms: now_ms })
      return false
    }
    return now_ms - before.at_ms >= RESTED_MS
  }
}

/** Everybody else's pointers as they are drawn. Only a presenter's laser is one (LIVE-V6). */
export function pointersOf(
  room: RoomState,
  { resting, trails, now_ms }: { resting: RestingPointers; trails: Trails; now_ms: number },
): RemotePointer[] {
  const own = room.you?.id
  return Object.values(room.presence).flatMap((entry): RemotePointer[] => {
    const { user, pointer } = entry
    const leads = room.presenter.user?.id === user
    const isLaser = leads && entry.tool === LASER && pointer?.point_lps !== null
    if (!isLaser || pointer === null) trails.end(user)
    if (pointer === null || user === own || entry.activity === 'away') return []
    const who = room.people.find((person) => person.user.id === user)?.user
    return [
      {
        ...pointer,
        user,
        name: who?.display_name ?? '',
        colour: personColour({ id: user, discipline: who?.discipline ?? '' }),
        leads,
        idle: resting.rests(entry, now_ms),
        laser: isLaser ? trails.follow(user, pointer.point_lps as Vec3, now_ms) : null,
      },
    ]
  })
}

/**
 * Who looks at which series in their own way. Whoever follows is where the presenter is, who is
 * named to those only that are elsewhere.
 */
export function onlookersOf(room: RoomState, following: boolean): Onlooker[] {
  const together = following || isPresenting(room)
  return room.people.flatMap(({ user, following: follows }): Onlooker[] => {
    const { id, display_name, discipline } = user
    const leads = room.presenter.user?.id === id
    const place = room.presence[id]?.looks_at
    if (!place || id === room.you?.id || (leads ? together : follows)) return []
    return [
      {
        user: id,
        initials: initials(display_name),
        colour: personColour({ id, discipline }),
        series_instance_uid: place.series_instance_uid,
      },
    ]
  })
}
