import type { StageState } from '@/protocol/generated'
import { isPresenting } from '@/protocol/room'
import { Signal } from '@/viewer/signal'
import { StageFollower, stageOf } from '@/viewer/stage'
import type { Viewer } from '@/viewer/viewer'

import type { LiveSession } from './liveSession'
import { STAGE_AGAIN_MS, STAGE_EVERY_MS, STAGE_SETTLED_MS } from './timing'

/**
 * Presenter and follower of one screen: what is shown goes out while presenting, what comes in is
 * shown while following, and own navigation ends following (LIVE-P3).
 */
export class StageSync {
  private readonly follower: StageFollower
  private stops: (() => void)[] = []
  private last_sent = ''
  private last_sent_at_ms = 0
  private last_applied: object | null = null
  private last_followers = 0
  private last_losses = 0
  private was_presenting = false
  private timer: ReturnType<typeof setTimeout> | undefined
  private againTimer: ReturnType<typeof setTimeout> | undefined
  private holds = false
  private focus: StageState['focus'] = null
  private outline: ((name: string) => string) | null = null
  private followed_focus: StageState['focus'] = null
  /** The presenter holds the room's view, or lets it go. */
  readonly heldChanged = new Signal()
  private readonly session: LiveSession
  private readonly viewer: Viewer

  private readonly hanging: () => StageState['hanging']

  constructor(session: LiveSession, viewer: Viewer, hanging: () => StageState['hanging']) {
    this.session = session
    this.viewer = viewer
    this.hanging = hanging
    this.follower = new StageFollower(viewer)
  }

  start(): void {
    const { session, viewer } = this
    this.stops = [
      viewer.changed.on((cause) => {
        if (cause === 'user') this.navigated()
        this.schedule()
      }),
      viewer.overlaysChanged.on(() => this.schedule()),
      session.changed.on(() => this.sessionChanged()),
      session.stageRefused.on(() => this.tellAgainLater()),
    ]
    const { room } = session.state
    // A presenter who reloads the page goes on where the room is.
    if (isPresenting(room) && room.stage !== null) this.follower.apply(room.stage.state)
    this.was_presenting = isPresenting(room)
    this.sessionChanged()
  }

  /** Studies arrived meanwhile: what could not be placed may be now. */
  refresh(): void {
    if (this.stops.length === 0) return
    this.last_applied = null
    this.sessionChanged()
  }

  stop(): void {
    clearTimeout(this.timer)
    clearTimeout(this.againTimer)
    this.timer = undefined
    this.follower.stop()
    for (const stop of this.stops) stop()
    this.stops = []
  }

  /** LIVE-P7: followers keep what they see; the presenter looks ahead alone. */
  setHeld(held: boolean): void {
    if (held === this.holds) return
    if (held) this.publish({ ...this.stage(), held: true })
    this.holds = held
    this.heldChanged.emit()
    if (held) return
    this.last_sent = ''
    this.schedule()
  }

  get held(): boolean {
    return this.holds
  }

  setFocus(focus: StageState['focus']): void {
    this.focus = focus
    this.schedule()
  }

  /** Takes up following again, at once on the newest view. */
  returnToPresenter(): void {
    this.last_applied = null
    this.session.setFollowing(true)
    this.sessionChanged()
  }

  private navigated(): void {
    const { room, following } = this.session.state
    if (isPresenting(room) || !following || room.presenter.user === null || room.stage === null)
      return
    this.follower.stop()
    this.session.setFollowing(false)
  }

  /** Whether the presenter's view is outlined here, and in what words. */
  setOutline(words: ((name: string) => string) | null): void {
    this.outline = words
    this.showPresented()
  }

  private showPresented(): void {
    const { room, following } = this.session.state
    const { stage, presenter } = room
    const isSeen = this.outline !== null && following && !isPresenting(room) && this.stops.length > 0
    const name = presenter.user?.display_name
    this.viewer.people.setPresented(
      isSeen && stage !== null && name !== undefined && this.outline !== null
        ? { name: this.outline(name), viewports: stage.state.viewports }
        : null,
    )
  }

  private sessionChanged(): void {
    this.showPresented()
    const { room, following } = this.session.state
    const presenting = isPresenting(room)
    if (presenting !== this.was_presenting) {
      this.was_presenting = presenting
      this.last_sent = ''
      if (presenting) this.follower.stop()
      if (!presenting && this.holds) this.setHeld(false)
      // Whoever has presented follows the next one.
      if (!presenting) this.session.setFollowing(true)
    }
    if (presenting) {
      const lost = room.stage_losses !== this.last_losses
      if (lost || room.followers > this.last_followers) this.last_sent = ''
      this.last_losses = room.stage_losses
      this.last_followers = room.followers
      this.schedule()
      return
    }
    if (!following || room.stage === null || room.stage === this.last_applied) return
    this.last_applied = room.stage
    this.follower.apply(room.stage.state)
    this.followFocus(room.stage.state.focus)
  }

  /** The measurement that is talked about is marked here, until it is another one. */
  private followFocus(focus: StageState['focus']): void {
    const before = this.followed_focus
    if (before?.id === focus?.id && before?.kind === focus?.kind) return
    this.followed_focus = focus
    if (focus?.kind === 'measurement') this.viewer.select(focus.id)
    else if (before?.kind === 'measurement' && this.viewer.selected === before.id)
      this.viewer.select(null)
  }

  /** A study that was linked this moment is not known to the server yet. */
  private tellAgainLater(): void {
    clearTimeout(this.againTimer)
    this.againTimer = setTimeout(() => {
      this.last_sent = ''
      this.schedule()
    }, STAGE_AGAIN_MS)
  }

  private schedule(): void {
    const { room } = this.session.state
    if (!isPresenting(room) || this.holds || this.timer !== undefined) return
    const pause_ms = room.followers > 0 ? STAGE_EVERY_MS : STAGE_SETTLED_MS
    const wait_ms = Math.max(0, this.last_sent_at_ms + pause_ms - performance.now())
    this.timer = setTimeout(() => {
      this.timer = undefined
      if (!this.holds) this.publish(this.stage())
    }, wait_ms)
  }

  private stage(): StageState {
    const { selected } = this.viewer
    const focus = selected === null ? this.focus : ({ kind: 'measurement', id: selected } as const)
    return stageOf(this.viewer, { focus, held: false, hanging: this.hanging() })
  }

  private publish(state: StageState): void {
    // Until something is there to see, an empty stage would blank everybody's screen.
    const hasPages = (state.pages?.length ?? 0) > 0
    if (!hasPages && state.viewports.every((viewport) => viewport === null)) return
    const opening = this.viewer.visibleViews.some(
      (view) => view.state.status === 'loading' && view.state.series === null,
    )
    if (opening) return
    const text = JSON.stringify(state)
    if (text === this.last_sent) return
    if (!this.session.publishStage(state)) return
    this.last_sent = text
    this.last_sent_at_ms = performance.now()
  }
}
