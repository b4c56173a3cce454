import { isPresenting } from '@/protocol/room'
import type { LookCalled } from '@/protocol/generated'
import { personColour } from '@/ui/people'
import { Signal } from '@/viewer/signal'
import type { Viewer } from '@/viewer/viewer'

import type { LiveSession } from './liveSession'
import type { StageSync } from './stageSync'
import { CALL_LIVES_MS, CALL_SHOWN_MS } from './timing'
import { middleOf, wirePointer } from './wirePlace'

/** Calls to look at a point: sent, drawn for a while, and gone to (LIVE-V5). */
export class LookHere {
  /** Somebody else calls; null: the last call is over. */
  readonly called = new Signal<LookCalled | null>()
  /** The place of a call is not on this screen, nor can it be brought there. */
  readonly lost = new Signal()
  /** Somebody went there. */
  readonly gone = new Signal()
  private held: readonly LookCalled[] = []
  private newest: LookCalled | null = null
  private last_pointed: ReturnType<typeof wirePointer> = null
  private timers = new Set<ReturnType<typeof setTimeout>>()
  private stops: (() => void)[] = []
  private readonly session: LiveSession
  private readonly viewer: Viewer
  private readonly stage: StageSync

  constructor(session: LiveSession, viewer: Viewer, stage: StageSync) {
    this.session = session
    this.viewer = viewer
    this.stage = stage
  }

  start(): void {
    this.stops = [
      this.session.called.on((call) => this.hear(call)),
      this.viewer.pointed.on((hand) => {
        if (hand !== null) this.last_pointed = wirePointer(hand)
      }),
    ]
  }

  stop(): void {
    for (const stop of this.stops) stop()
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
    this.held = []
    this.newest = null
    this.called.emit(null)
  }

  /** To where the hand is; without one, to the middle of the active viewport. */
  call(): void {
    const { people, activeView } = this.viewer
    const place = people.hand ?? middleOf(activeView)
    const at = place && wirePointer(place)
    if (at !== null) this.session.callToLook(at)
  }

  /** To where the hand was last, for a finger that has left the picture for a button. */
  callLast(): void {
    const { activeView } = this.viewer
    const shown = activeView?.state.series?.series_instance_uid
    const last = this.last_pointed?.series_instance_uid === shown ? this.last_pointed : null
    if (last !== null) this.session.callToLook(last)
    else this.call()
  }

  /** To the place of the newest call. Where the presenter calls, it is enough to follow. */
  go(): void {
    const call = this.newest
    if (call === null) return
    this.gone.emit()
    const { room, following } = this.session.state
    if (call.user.id === room.presenter.user?.id && !isPresenting(room)) {
      if (!following) this.stage.returnToPresenter()
      return
    }
    void this.goTo(call)
  }

  private async goTo({ at }: LookCalled): Promise<void> {
    const { series_instance_uid, sop_instance_uid, frame, point_lps } = at
    if (!this.viewer.library.has(series_instance_uid)) return this.lost.emit()
    const target = { series_instance_uid, sop_instance_uid, frame: frame ?? 1 }
    await this.viewer.jumpTo(target, point_lps)
  }

  private hear(call: LookCalled): void {
    const isOwn = call.user.id === this.session.state.room.you?.id
    this.held = [...this.held.filter(({ user }) => user.id !== call.user.id), call]
    this.draw()
    this.later(CALL_SHOWN_MS, () => {
      this.held = this.held.filter(({ id }) => id !== call.id)
      this.draw()
    })
    if (isOwn) return
    this.newest = call
    this.called.emit(call)
    this.later(CALL_LIVES_MS, () => {
      if (this.newest !== call) return
      this.newest = null
      this.called.emit(null)
    })
  }

  private draw(): void {
    this.viewer.people.setCalls(
      this.held.map(({ id, user, at }) => ({
        id,
        at,
        user: user.id,
        name: user.display_name,
        colour: personColour({ id: user.id, discipline: user.discipline }),
      })),
    )
  }

  private later(after_ms: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      then()
    }, after_ms)
    this.timers.add(timer)
  }
}
