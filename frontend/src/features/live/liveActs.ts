import type { OpAck, OpSubmit } from '@/protocol/generated'
import {
  acted,
  carriedOut,
  forgotten,
  inverseOf,
  NO_HISTORY,
  OTHER,
  staleness,
  type History,
  type OpDraft,
  type Situation,
  type Step,
} from '@/protocol/undo'
import { Signal } from '@/viewer/signal'

import type { LiveSession } from './liveSession'

export type WhyNot = NonNullable<ReturnType<typeof staleness>> | 'nothing' | 'nothing_redo'

/** How long one's own event may be behind its answer. */
const CATCH_UP_MS = 2_000

const SIDE = { undo: 'done', redo: 'undone' } as const

/** An op of one's own: an id of its own, whatever it was made from. */
const opOf = (draft: OpDraft): OpSubmit =>
  ({ type: 'op.submit', op_id: crypto.randomUUID(), ...draft }) as OpSubmit

/**
 * One's own acts of this session, per case, and their way back (LIVE-O5, X5). Undo is a new op
 * through the same door; what somebody else has changed since is refused with words.
 */
export class LiveActs {
  readonly changed = new Signal()
  /** A refusal of the server. */
  readonly refused = new Signal<OpAck>()
  /** Undo or redo that cannot be. */
  readonly stale = new Signal<WhyNot>()
  private readonly histories = new Map<string, History>()
  private work: Promise<void> = Promise.resolve()
  private last_seq = 0

  constructor(private readonly session: Pick<LiveSession, 'state' | 'submit' | 'changed'>) {}

  history(case_id: string | null): History {
    return this.histories.get(case_id ?? '') ?? NO_HISTORY
  }

  /** Carries out an act that can be taken back, where it can. */
  async act(draft: OpDraft): Promise<OpAck> {
    const before = this.situation
    const case_id = this.case_id
    const inverse = inverseOf(draft, before)
    const ack = await this.submit(draft)
    if (ack.outcome === 'rejected') this.refused.emit(ack)
    // A move to another case is taken back from there.
    const where = draft.kind === 'agenda.goto' ? this.case_id : case_id
    if (ack.outcome === 'committed' && inverse) this.keep(where, acted(this.history(where), inverse))
    return ack
  }

  undo(): Promise<void> {
    return this.step('undo')
  }

  redo(): Promise<void> {
    return this.step('redo')
  }

  /** A quick hand's steps in its order: the next one is judged by what this one has left. */
  private step(way: 'undo' | 'redo'): Promise<void> {
    this.work = this.work.then(async () => {
      await this.caughtUp()
      await this.judge(way)
    })
    return this.work
  }

  private async judge(way: 'undo' | 'redo'): Promise<void> {
    const side = SIDE[way]
    const case_id = this.case_id
    const step = this.history(case_id)[side].at(-1)
    if (step === undefined) return this.stale.emit(way === 'undo' ? 'nothing' : 'nothing_redo')
    const why = staleness(step, this.situation)
    if (why !== null) return this.giveUp(case_id, side, step, why)
    await this.carryOut(case_id, side, step)
  }

  private async carryOut(case_id: string, side: 'done' | 'undone', step: Step): Promise<void> {
    const counter = inverseOf(step.op, this.situation)
    const ack = await this.submit(step.op)
    if (ack.outcome === 'rejected') {
      this.refused.emit(ack)
      return this.keep(case_id, forgotten(this.history(case_id), side, step))
    }
    const moved = this.case_id !== case_id
    this.keep(case_id, carriedOut(this.history(case_id), side, step, moved ? null : counter))
    if (!moved || counter === null) return
    const there = this.history(this.case_id)
    const other = OTHER[side]
    this.keep(this.case_id, { ...there, [other]: [...there[other], counter] })
  }

  private async submit(draft: OpDraft): Promise<OpAck> {
    const ack = await this.session.submit(opOf(draft))
    this.last_seq = Math.max(this.last_seq, ack.seq ?? 0)
    return ack
  }

  /** An answer may come before the event it speaks of: what is judged is what the room knows. */
  private caughtUp(): Promise<void> {
    const isHere = (): boolean => (this.session.state.room.head ?? 0) >= this.last_seq
    if (isHere()) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(finish, CATCH_UP_MS)
      const stop = this.session.changed.on(() => {
        if (isHere()) finish()
      })
      function finish(): void {
        clearTimeout(timer)
        stop()
        resolve()
      }
    })
  }

  private giveUp(case_id: string, side: 'done' | 'undone', step: Step, why: WhyNot): void {
    this.keep(case_id, forgotten(this.history(case_id), side, step))
    this.stale.emit(why)
  }

  private keep(case_id: string, history: History): void {
    this.histories.set(case_id, history)
    this.changed.emit()
  }

  private get case_id(): string {
    return this.session.state.room.case_id ?? ''
  }

  private get situation(): Situation {
    const { snapshot, agenda_item } = this.session.state.room
    return { snapshot, agenda_item }
  }
}
