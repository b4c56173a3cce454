import { http } from '@/api/http'
import { asProblem } from '@/api/problem'
import { SUBPROTOCOLS, type ClientMessage, type ServerMessage } from '@/protocol/generated'
import { parseServerMessage } from '@/protocol/parse'

import {
  BACKOFF_FIRST_MS,
  BACKOFF_HIDDEN_MS,
  BACKOFF_VISIBLE_MS,
  CONNECT_LIMIT_MS,
  JITTER_SHARE,
  LIVENESS_CHECK_MS,
  PING_EVERY_MS,
  SILENCE_LIMIT_MS,
} from './timing'

export type TransportStatus = 'connecting' | 'open' | 'reconnecting' | 'stopped'

/** Why the transport will not try again by itself. */
export type StopReason = 'left' | 'forbidden' | 'not_admitted' | 'ended' | 'replaced' | 'upgrade' | 'signed_out'

export interface TransportHandlers {
  /** What to say first on every new socket. */
  hello(ticket: string): ClientMessage
  message(message: ServerMessage): void
  /** A message that breaks the schema: counted, never guessed at. */
  refused(): void
  status(status: TransportStatus, reason: StopReason | null): void
}

/** Close codes after which trying again is useless (LIVE-B4). */
const FINAL_CODES: Readonly<Record<number, StopReason>> = {
  4403: 'forbidden',
  4409: 'replaced',
  4410: 'ended',
  4426: 'upgrade',
}
const RESYNC_CODE = 4408

/** How long to wait before attempt `attempt` (from 0). */
export function backoffMs(attempt: number, visible: boolean, random: () => number): number {
  const ceiling = visible ? BACKOFF_VISIBLE_MS : BACKOFF_HIDDEN_MS
  const base = Math.min(ceiling, BACKOFF_FIRST_MS * 2 ** attempt)
  return base * (1 - JITTER_SHARE + 2 * JITTER_SHARE * random())
}

/** One socket at a time to a live session: ticket, hello, ping, reconnect. Knows no state. */
export class LiveTransport {
  private socket: WebSocket | null = null
  private attempt = 0
  private heard_at_ms = 0
  private stopped = false
  private welcomed = false
  private atDoor = false
  private retryTimer: ReturnType<typeof setTimeout> | undefined
  private pingTimer: ReturnType<typeof setInterval> | undefined
  private connectTimer: ReturnType<typeof setTimeout> | undefined
  private readonly session_id: string
  private readonly handlers: TransportHandlers

  constructor(session_id: string, handlers: TransportHandlers) {
    this.session_id = session_id
    this.handlers = handlers
  }

  start(): void {
    this.stopped = false
    window.addEventListener('online', this.wake)
    window.addEventListener('offline', this.lost)
    document.addEventListener('visibilitychange', this.wake)
    this.handlers.status('connecting', null)
    void this.connect()
  }

  stop(reason: StopReason): void {
    if (this.stopped) return
    this.stopped = true
    window.removeEventListener('online', this.wake)
    window.removeEventListener('offline', this.lost)
    document.removeEventListener('visibilitychange', this.wake)
    clearTimeout(this.retryTimer)
    this.drop()
    this.handlers.status('stopped', reason)
  }

  /** False where there is no welcomed socket; the caller keeps what must not be lost. */
  send(message: ClientMessage): boolean {
    if (!this.welcomed || this.socket?.readyState !== WebSocket.OPEN) return false
    this.socket.send(JSON.stringify(message))
    return true
  }

  private readonly wake = (): void => {
    if (document.visibilityState === 'hidden' || this.stopped || this.socket !== null) return
    clearTimeout(this.retryTimer)
    this.attempt = 0
    void this.connect()
  }

  /** The browser knows that its network is gone: no need to wait for the silence. */
  private readonly lost = (): void => this.abandon()

  private async connect(): Promise<void> {
    if (this.stopped || this.socket !== null) return
    let ticket: string
    try {
      ticket = (await http.post<{ ticket: string }>(`/api/live/sessions/${this.session_id}/ticket`))
        .ticket
    } catch (error) {
      this.ticketRefused(error)
      return
    }
    // The ticket took a while: somebody may have left, or another attempt won.
    if (this.stopped || this.hasSocket()) return
    this.open(ticket)
  }

  private hasSocket(): boolean {
    return this.socket !== null
  }

  private ticketRefused(error: unknown): void {
    const { status, code } = asProblem(error)
    if (status === 401) this.stop('signed_out')
    else if (code === 'lobby_refused') this.stop('not_admitted')
    else if (status === 403 || status === 404) this.stop('forbidden')
    else if (status === 410 || (status === 409 && code.includes('ended'))) this.stop('ended')
    else this.retryLater()
  }

  private open(ticket: string): void {
    const { protocol, host } = window.location
    const scheme = protocol === 'https:' ? 'wss' : 'ws'
    const socket = new WebSocket(`${scheme}://${host}/ws/live/${this.session_id}/`, SUBPROTOCOLS)
    this.socket = socket
    this.heard_at_ms = Date.now()
    this.connectTimer = setTimeout(() => {
      if (!this.welcomed && !this.atDoor) socket.close()
    }, CONNECT_LIMIT_MS)
    socket.onopen = () => socket.send(JSON.stringify(this.handlers.hello(ticket)))
    socket.onmessage = (event) => this.received(socket, String(event.data))
    socket.onclose = (event) => this.closed(socket, event.code)
  }

  private received(socket: WebSocket, text: string): void {
    if (socket !== this.socket) return
    this.heard_at_ms = Date.now()
    const message = parseServerMessage(text)
    if (message === null) {
      this.handlers.refused()
      return
    }
    if (message.type === 'welcome') this.onWelcome()
    if (message.type === 'lobby.state') this.onDoor()
    this.handlers.message(message)
    if (message.type === 'welcome') this.handlers.status('open', null)
  }

  /** In the lobby there is nothing to say but that one still waits. */
  private onDoor(): void {
    if (this.atDoor) return
    this.atDoor = true
    this.attempt = 0
    clearTimeout(this.connectTimer)
    this.keepAlive()
  }

  private onWelcome(): void {
    this.welcomed = true
    this.atDoor = false
    this.attempt = 0
    clearTimeout(this.connectTimer)
    this.keepAlive()
  }

  private keepAlive(): void {
    clearInterval(this.pingTimer)
    let pinged_at_ms = Date.now()
    this.ping()
    this.pingTimer = setInterval(() => {
      const now_ms = Date.now()
      if (now_ms - this.heard_at_ms > SILENCE_LIMIT_MS) this.abandon()
      else if (now_ms - pinged_at_ms >= PING_EVERY_MS) {
        pinged_at_ms = now_ms
        this.ping()
      }
    }, LIVENESS_CHECK_MS)
  }

  private ping(): void {
    this.send({ type: 'ping', t: performance.now() })
  }

  /** A socket that went silent may take minutes to close: it is let go at once. */
  private abandon(): void {
    const { socket } = this
    if (socket === null) return
    this.drop()
    this.retryLater()
  }

  private closed(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return
    this.drop()
    const final = FINAL_CODES[code]
    if (final !== undefined) {
      this.stop(final)
      return
    }
    if (code === RESYNC_CODE) this.attempt = 0
    this.retryLater()
  }

  private drop(): void {
    const { socket } = this
    this.socket = null
    this.welcomed = false
    this.atDoor = false
    clearInterval(this.pingTimer)
    clearTimeout(this.connectTimer)
    if (socket === null) return
    socket.onopen = socket.onmessage = socket.onclose = null
    if (socket.readyState === WebSocket.OPEN || socket.readyState === WebSocket.CONNECTING)
      socket.close()
  }

  private retryLater(): void {
    if (this.stopped) return
    this.handlers.status('reconnecting', null)
    const visible = document.visibilityState !== 'hidden'
    clearTimeout(this.retryTimer)
    this.retryTimer = setTimeout(
      () => void this.connect(),
      backoffMs(this.attempt, visible, Math.random),
    )
    this.attempt += 1
  }
}
