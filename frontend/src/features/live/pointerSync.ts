import type { Pointer, PresenceUpdate, Whereabouts } from '@/protocol/generated'
import { isPresenting } from '@/protocol/room'
import { personColour } from '@/ui/people'
import type { RemotePointer } from '@/viewer/overlay/pointers'
import type { Viewer } from '@/viewer/viewer'

import type { LiveSession } from './liveSession'
import { LASER, onlookersOf, pointersOf, RestingPointers } from './othersPointers'
import { IDLE_AFTER_MS, LOOKS_EVERY_MS, PRESENCE_EVERY_MS, PRESENCE_RENEW_MS } from './timing'
import { Trails } from './trails'
import { whereabouts, wirePointer } from './wirePlace'

/** Own pointer out, everybody else's in; always in patient or image coordinates (LIVE-L1). */
export class PointerSync {
  private stops: (() => void)[] = []
  private pointer: Pointer | null = null
  private looks_at: Whereabouts | null = null
  private hand_raised = false
  private laser = false
  private last_sent_at_ms = 0
  private last_moved_at_ms = performance.now()
  private last_shown: readonly unknown[] = []
  private timer: ReturnType<typeof setTimeout> | undefined
  private lookTimer: ReturnType<typeof setTimeout> | undefined
  private fading: ReturnType<typeof setTimeout> | undefined
  private renewal: ReturnType<typeof setInterval> | undefined
  private readonly trails = new Trails()
  private readonly resting = new RestingPointers()
  private readonly session: LiveSession
  private readonly viewer: Viewer

  constructor(session: LiveSession, viewer: Viewer) {
    this.session = session
    this.viewer = viewer
  }

  start(): void {
    const { session, viewer } = this
    this.stops = [
      viewer.pointed.on((local) => {
        this.pointer = local && wirePointer(local)
        this.last_moved_at_ms = performance.now()
        this.schedule()
        if (this.laser) this.show(true)
      }),
      viewer.changed.on(() => this.lookLater()),
      session.changed.on(() => this.show()),
    ]
    this.renewal = setInterval(() => this.send(), PRESENCE_RENEW_MS)
    this.looks_at = whereabouts(viewer.activeView)
    this.send()
  }

  stop(): void {
    for (const timer of [this.timer, this.lookTimer, this.fading]) clearTimeout(timer)
    this.timer = this.lookTimer = this.fading = undefined
    clearInterval(this.renewal)
    for (const stop of this.stops) stop()
    this.stops = []
    this.viewer.people.clear()
  }

  raiseHand(raised: boolean): void {
    this.hand_raised = raised
    this.send()
  }

  /** The presenter's pointer is a bright dot on every screen, this one too. */
  setLaser(on: boolean): void {
    if (on === this.laser) return
    this.laser = on
    if (!on) this.trails.end(this.session.state.room.you?.id ?? '')
    this.send()
    this.show(true)
  }

  private schedule(): void {
    if (this.timer !== undefined) return
    const wait_ms = Math.max(0, this.last_sent_at_ms + PRESENCE_EVERY_MS - performance.now())
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.send()
    }, wait_ms)
  }

  /** Where somebody looks is asked for by people, not by pictures: now and then is enough. */
  private lookLater(): void {
    this.lookTimer ??= setTimeout(() => {
      this.lookTimer = undefined
      const next = whereabouts(this.viewer.activeView)
      if (JSON.stringify(next) === JSON.stringify(this.looks_at)) return
      this.looks_at = next
      this.schedule()
    }, LOOKS_EVERY_MS)
  }

  private send(): void {
    this.last_sent_at_ms = performance.now()
    this.session.publishPresence({
      pointer: this.pointer,
      tool: this.laser && isPresenting(this.session.state.room) ? LASER : this.viewer.tool,
      activity: this.activity(),
      hand_raised: this.hand_raised,
      looks_at: this.looks_at,
    })
  }

  private activity(): PresenceUpdate['activity'] {
    if (document.visibilityState === 'hidden') return 'away'
    return performance.now() - this.last_moved_at_ms > IDLE_AFTER_MS ? 'idle' : 'active'
  }

  private show(anyway = false): void {
    const { room, following } = this.session.state
    const shown = [room.presence, room.people, room.presenter, following]
    if (!anyway && shown.every((part, at) => part === this.last_shown[at])) return
    this.last_shown = shown
    const now_ms = performance.now()
    const { resting, trails } = this
    const pointers = pointersOf(room, { resting, trails, now_ms })
    this.viewer.people.setPointers([...pointers, ...this.ownLaser(now_ms)])
    this.viewer.people.setOnlookers(onlookersOf(room, following))
    clearTimeout(this.fading)
    if (trails.isMoving) this.fading = setTimeout(() => this.show(true), PRESENCE_EVERY_MS)
  }

  private ownLaser(now_ms: number): RemotePointer[] {
    const { room } = this.session.state
    const { you } = room
    if (!this.laser || you === null || !isPresenting(room) || !this.pointer?.point_lps) return []
    return [
      {
        ...this.pointer,
        user: you.id,
        name: '',
        colour: personColour({ id: you.id, discipline: you.discipline }),
        laser: this.trails.follow(you.id, this.pointer.point_lps, now_ms),
      },
    ]
  }
}
