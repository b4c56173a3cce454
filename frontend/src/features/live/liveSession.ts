import { http } from '@/api/http'
import { Problem } from '@/api/problem'
import {
  PROTOCOL_NAME,
  type LogEvent,
  type LookCalled,
  type OpAck,
  type OpSubmit,
  type Pointer,
  type PresenceUpdate,
  type ServerMessage,
  type StageState,
} from '@/protocol/generated'
import { acknowledged, EMPTY_QUEUE, isFinal, submitted, type OpQueue } from '@/protocol/opQueue'
import {
  EMPTY_ROOM,
  isPresenting,
  reducePolled,
  reduceRoom,
  withoutStalePresence,
  type PolledEvents,
  type RoomState,
} from '@/protocol/room'
import { Signal } from '@/viewer/signal'

import { withRoundTrip } from './latency'
import { OP_RETRY_MS, POLL_AFTER_MS, POLL_EVERY_MS } from './timing'
import { LiveTransport, type StopReason, type TransportStatus } from './transport'

export interface LiveState {
  readonly room: RoomState
  readonly ops: OpQueue
  readonly status: TransportStatus
  readonly stopReason: StopReason | null
  /** Events come by polling while the socket is away. */
  readonly polling: boolean
  readonly following: boolean
  /** Round trips of late, in milliseconds. */
  readonly round_trips: readonly number[]
}

/** The server's word for a stage that shows a study it does not know to be of the case. */
const STAGE_REFUSED = 'study_not_in_case'

/** Joins the transport and the pure state of one session; everything outside reads `state`. */
export class LiveSession {
  readonly changed = new Signal()
  readonly happened = new Signal<LogEvent>()
  readonly stageRefused = new Signal()
  readonly called = new Signal<LookCalled>()
  /** Too many calls to look in a short time. */
  readonly callRefused = new Signal()
  private current: LiveState = {
    room: EMPTY_ROOM,
    ops: EMPTY_QUEUE,
    status: 'connecting',
    stopReason: null,
    polling: false,
    following: true,
    round_trips: [],
  }
  private readonly settle = new Map<string, (ack: OpAck) => void>()
  private readonly client_id: string = crypto.randomUUID()
  private readonly transport: LiveTransport
  readonly id: string
  private timers: ReturnType<typeof setInterval>[] = []
  private away_since_ms: number | null = Date.now()
  private sent_rev = 0
  private sent_epoch = -1
  private pollBusy = false

  private readonly says: 'all' | 'nothing'

  /** Somebody's own window, or a screen that only `watches`. */
  constructor(session_id: string, part: 'takes part' | 'watches' = 'takes part') {
    this.says = part === 'watches' ? 'nothing' : 'all'
    this.id = session_id
    this.transport = new LiveTransport(session_id, {
      hello: (ticket) => {
        const { head, stage } = this.current.room
        return {
          type: 'hello',
          protocol: PROTOCOL_NAME,
          ticket,
          client_id: this.client_id,
          last_seq: head,
          stage_rev: stage && { epoch: stage.epoch, rev: stage.rev },
        }
      },
      message: (message) => this.receive(message),
      refused: () =>
        this.set({ room: { ...this.current.room, refused: this.current.room.refused + 1 } }),
      status: (status, stopReason) => this.onStatus(status, stopReason),
    })
  }

  get state(): LiveState {
    return this.current
  }

  start(): void {
    this.transport.start()
    this.timers = [
      setInterval(() => this.tick(), POLL_EVERY_MS),
      setInterval(() => this.resend(), OP_RETRY_MS),
    ]
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer)
    this.transport.stop('left')
  }

  /** Kept until the server has decided; resolves with its answer, also after a reconnect. */
  submit(op: OpSubmit): Promise<OpAck> {
    this.set({ ops: submitted(this.current.ops, op) })
    this.transport.send(op)
    return new Promise((resolve) => this.settle.set(op.op_id, resolve))
  }

  /** The same, a refusal thrown as a problem that can be shown. */
  async submitOrThrow(op: OpSubmit): Promise<OpAck> {
    const ack = await this.submit(op)
    if (ack.outcome !== 'rejected') return ack
    throw new Problem({
      status: 409,
      code: ack.code ?? 'conflict',
      title: ack.message ?? ack.code ?? '',
      detail: ack.message ?? '',
    })
  }

  setFollowing(following: boolean): void {
    if (following === this.current.following) return
    this.set({ following })
    this.transport.send({ type: 'follow.set', following })
  }

  /** True when it went out; the rev belongs to the epoch (LIVE-P1). */
  publishStage(state: StageState): boolean {
    const { room } = this.current
    if (!isPresenting(room)) return false
    const { epoch } = room.presenter
    if (epoch !== this.sent_epoch) {
      this.sent_epoch = epoch
      this.sent_rev = room.stage?.epoch === epoch ? room.stage.rev : 0
    }
    this.sent_rev = Math.max(this.sent_rev, room.stage?.epoch === epoch ? room.stage.rev : 0) + 1
    return this.transport.send({ type: 'stage.update', epoch, rev: this.sent_rev, state })
  }

  publishPresence(presence: Omit<PresenceUpdate, 'type'>): void {
    if (this.says === 'nothing') return
    this.transport.send({ type: 'presence.update', ...presence })
  }

  /** Everybody is to look at a point; kept nowhere (LIVE-V5). */
  callToLook(at: Pointer): void {
    this.transport.send({ type: 'look.here', at })
  }

  requestPresenter(): void {
    this.transport.send({ type: 'presenter.request' })
  }

  releasePresenter(): void {
    this.transport.send({ type: 'presenter.release' })
  }

  askForLease(segmentation_id: string, take_over: boolean): void {
    this.transport.send({ type: 'lease.acquire', segmentation_id, take_over })
  }

  renewLease(segmentation_id: string): void {
    this.transport.send({ type: 'lease.renew', segmentation_id })
  }

  releaseLease(segmentation_id: string): void {
    this.transport.send({ type: 'lease.release', segmentation_id })
  }

  private receive(message: ServerMessage): void {
    const before = this.current.room
    const room = reduceRoom(before, message, Date.now())
    this.set({ room })
    if (message.type === 'op.ack') this.settled(message)
    if (message.type === 'error' && message.code === STAGE_REFUSED) this.stageRefused.emit()
    if (message.type === 'error' && message.details.lane === 'look') this.callRefused.emit()
    if (message.type === 'look.called') this.called.emit(message)
    if (message.type === 'pong') this.answered(message.t)
    if (message.type === 'event' && room.head !== before.head) this.happened.emit(message)
    if (message.type === 'welcome') {
      for (const event of message.events ?? []) this.happened.emit(event)
      this.resend()
      this.transport.send({ type: 'follow.set', following: this.wantsToFollow() })
    }
    if (room.gap_after !== null && room.gap_after !== before.gap_after) {
      this.transport.send({ type: 'resume', after_seq: room.gap_after })
    }
  }

  private answered(sent_at_ms: number): void {
    const took_ms = performance.now() - sent_at_ms
    this.set({ round_trips: withRoundTrip(this.current.round_trips, took_ms) })
  }

  /** A presenter follows nobody; asking to would be refused as a cycle. */
  private wantsToFollow(): boolean {
    return this.current.following && !isPresenting(this.current.room)
  }

  private settled(ack: OpAck): void {
    this.set({ ops: acknowledged(this.current.ops, ack) })
    if (!isFinal(ack)) return
    this.settle.get(ack.op_id)?.(ack)
    this.settle.delete(ack.op_id)
  }

  private resend(): void {
    for (const op of this.current.ops.waiting) this.transport.send(op)
  }

  private onStatus(status: TransportStatus, stopReason: StopReason | null): void {
    if (status === 'open') this.away_since_ms = null
    else this.away_since_ms ??= Date.now()
    // What was measured on another connection says nothing of the next.
    if (status !== 'open') this.set({ round_trips: [] })
    this.set({ status, stopReason, polling: status === 'open' ? false : this.current.polling })
  }

  private tick(): void {
    const room = withoutStalePresence(this.current.room, Date.now())
    if (room !== this.current.room) this.set({ room })
    const { status } = this.current
    const away_ms = this.away_since_ms === null ? 0 : Date.now() - this.away_since_ms
    if (status !== 'open' && status !== 'stopped' && away_ms > POLL_AFTER_MS) void this.poll()
  }

  private async poll(): Promise<void> {
    const { head } = this.current.room
    if (this.pollBusy || document.visibilityState === 'hidden') return
    this.pollBusy = true
    try {
      const polled = await http.get<PolledEvents>(`/api/live/sessions/${this.id}/events`, {
        query: { after: head },
        attended: this.current.following, // as it counts on the socket (LIVE-B5)
      })
      if (this.current.status === 'open') return
      this.set({ room: reducePolled(this.current.room, polled), polling: true })
      for (const event of polled.events ?? []) this.happened.emit(event)
    } catch {
      this.set({ polling: false })
    } finally {
      this.pollBusy = false
    }
  }

  private set(change: Partial<LiveState>): void {
    this.current = { ...this.current, ...change }
    this.changed.emit()
  }
}
