import { fetchPointers, type PointerTrack } from '@/api/recordings'
import { personColour } from '@/ui/people'
import type { Vec3 } from '@/geometry'
import type { RemotePointer } from '@/viewer/overlay/pointers'

import type { Replay } from './replaySession'

/** Read in pieces; the server gives two minutes at most. */
const PIECE_MS = 60_000
/** A batch of before may reach into this piece. */
const OVERLAP_MS = 10_000
/** Whoever has not moved for longer is taken to point no more, as in the room. */
const FRESH_MS = 5_000

/** Pointers of a recording at a time, read ahead of it. A piece that cannot be read shows none. */
export class PointersThen {
  private readonly pieces = new Map<number, readonly PointerTrack[]>()
  private readonly asked = new Set<number>()
  private readonly replay: Replay

  constructor(replay: Replay) {
    this.replay = replay
  }

  at(position_ms: number): RemotePointer[] {
    const piece = Math.floor(position_ms / PIECE_MS)
    this.ask(piece)
    this.ask(piece + 1)
    return pointersAt(this.pieces.get(piece) ?? [], position_ms, this.people())
  }

  private ask(piece: number): void {
    if (this.asked.has(piece)) return
    this.asked.add(piece)
    const since = new Date(piece * PIECE_MS - OVERLAP_MS).toISOString()
    const until = new Date((piece + 1) * PIECE_MS).toISOString()
    fetchPointers(this.replay.sessionId, since, until)
      .then(({ tracks }) => this.pieces.set(piece, tracks))
      .catch(() => this.asked.delete(piece))
  }

  private people(): Map<string, Person> {
    const visits = this.replay.state.recording?.visits ?? []
    return new Map(visits.map(({ user }) => [user.id, user]))
  }
}

interface Person {
  readonly id: string
  readonly display_name: string
  readonly discipline: string
}

/** The last place of each person that is not too old. Pure. */
export function pointersAt(
  tracks: readonly PointerTrack[],
  position_ms: number,
  people: ReadonlyMap<string, Person>,
): RemotePointer[] {
  const newest = new Map<string, { at: number; pointer: RemotePointer | null }>()
  for (const track of tracks) {
    const began = Date.parse(track.from_at)
    for (const [after_ms, person, place, point] of track.samples) {
      const at = began + after_ms
      const user = track.people[person]
      if (user === undefined || at > position_ms || at < (newest.get(user)?.at ?? 0)) continue
      newest.set(user, { at, pointer: pointerOf(track, { user, place, point }, people.get(user)) })
    }
  }
  return [...newest.values()].flatMap(({ at, pointer }) =>
    pointer !== null && position_ms - at <= FRESH_MS ? [pointer] : [],
  )
}

function pointerOf(
  track: PointerTrack,
  { user, place, point }: { user: string; place: number; point: readonly number[] },
  who: Person | undefined,
): RemotePointer | null {
  const where = track.places[place]
  const [x, y, z] = point
  if (where === undefined || x === undefined || y === undefined) return null
  return {
    user,
    name: who?.display_name ?? '',
    colour: personColour({ id: user, discipline: who?.discipline ?? '' }),
    ...where,
    point_lps: z === undefined ? null : ([x, y, z] satisfies Vec3),
    point_image: z === undefined ? [x, y] : null,
  }
}
