import { vi } from 'vitest'

import type { ClientMessage, ServerMessage } from '@/protocol/generated'

type Kind = ClientMessage['type']

/** A socket whose other end is the test. It is what `WebSocket` makes after `install()`. */
export class FakeSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  static made: FakeSocket[] = []

  /** From now on every new socket is one of these, and tickets are had for the asking. */
  static install(answer: (url: string) => Response = ticket): void {
    FakeSocket.made = []
    vi.stubGlobal('WebSocket', FakeSocket)
    vi.stubGlobal(
      'fetch',
      vi.fn((url: RequestInfo | URL) => Promise.resolve(answer(urlOf(url)))),
    )
  }

  static get newest(): FakeSocket {
    const socket = FakeSocket.made.at(-1)
    if (socket === undefined) throw new Error('no socket was opened')
    return socket
  }

  readyState = FakeSocket.CONNECTING
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  readonly sent: ClientMessage[] = []
  readonly url: string

  constructor(url: string) {
    this.url = url
    FakeSocket.made.push(this)
  }

  open(): void {
    this.readyState = FakeSocket.OPEN
    this.onopen?.()
  }

  say(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  /** The other end closes, or the network does (1006). */
  drop(code = 1006): void {
    this.readyState = FakeSocket.CLOSED
    this.onclose?.({ code })
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientMessage)
  }

  close(): void {
    this.readyState = FakeSocket.CLOSED
  }

  sentOf<K extends Kind>(kind: K): Extract<ClientMessage, { type: K }>[] {
    return this.sent.filter(
      (message): message is Extract<ClientMessage, { type: K }> => message.type === kind,
    )
  }
}

const urlOf = (url: RequestInfo | URL): string =>
  typeof url === 'string' ? url : url instanceof URL ? url.href : url.url

export const ticket = (): Response => Response.json({ ticket: 'a-ticket' }, { status: 201 })

/** Promises that wait for nothing but each other. */
export const settle = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(0)
}
