import type { LogEvent, Snapshot } from './generated'
import { EMPTY_ROOM, withEvent, withStage, type RoomState } from './room'

/** The durable state at a number; events after it fold onto it (LIVE-R1). */
export interface RecordedState {
  readonly seq: number
  readonly snapshot: Snapshot | null
}

/** One chapter of a recording: a room on one case. States and events by their numbers. */
export interface ChapterLog {
  readonly case_id: string
  readonly from_seq: number
  readonly states: readonly RecordedState[]
  readonly events: readonly LogEvent[]
}

/** A fold is kept every so often, so that going back folds a few events and not all. */
const KEPT_EVERY = 200

/** Folds a chapter up to any number with the reducers of the live room. */
export class ReplayFold {
  private readonly states: ReadonlyMap<number, Snapshot | null>
  private readonly kept: { readonly count: number; readonly room: RoomState }[]
  private last: { readonly count: number; readonly room: RoomState }
  private readonly log: ChapterLog

  constructor(log: ChapterLog) {
    this.log = log
    this.states = new Map(log.states.map(({ seq, snapshot }) => [seq, snapshot]))
    this.last = { count: 0, room: begin(log) }
    this.kept = [this.last]
  }

  /** What was known in the room when the event `seq` was the last one. */
  at(seq: number): RoomState {
    const count = this.countUpTo(seq)
    let from = this.last.count <= count ? this.last : null
    for (const one of this.kept) {
      if (one.count <= count && one.count >= (from?.count ?? 0)) from = one
    }
    let { room } = from ?? { room: begin(this.log) }
    for (let index = from?.count ?? 0; index < count; index += 1) {
      const event = this.log.events[index]
      if (event === undefined) break
      room = this.step(room, event)
      const done = index + 1
      if (done % KEPT_EVERY === 0 && (this.kept.at(-1)?.count ?? 0) < done) {
        this.kept.push({ count: done, room })
      }
    }
    this.last = { count, room }
    return room
  }

  private countUpTo(seq: number): number {
    return Math.min(Math.max(0, seq - this.log.from_seq), this.log.events.length)
  }

  private step(room: RoomState, event: LogEvent): RoomState {
    const folded = withEvent(room, event)
    const shown =
      event.kind === 'stage.keyframe' ? withStage(folded, event.payload.stage) : folded
    const state = this.states.get(event.seq)
    return state === undefined ? shown : { ...shown, snapshot: state }
  }
}

function begin({ case_id, from_seq, states }: ChapterLog): RoomState {
  const snapshot = states.find(({ seq }) => seq === from_seq)?.snapshot ?? null
  return {
    ...EMPTY_ROOM,
    joined: true,
    case_id,
    head: from_seq,
    snapshot,
    agenda_item: snapshot?.agenda_item ?? null,
    presenter: snapshot?.presenter ?? EMPTY_ROOM.presenter,
  }
}
