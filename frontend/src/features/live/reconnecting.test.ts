import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { PROTOCOL_NAME, type ClientMessage } from '@/protocol/generated'
import { welcome } from '@/protocol/testing'

import { FakeSocket, settle } from './testing'
import { BACKOFF_HIDDEN_MS, PING_EVERY_MS, SILENCE_LIMIT_MS } from './timing'
import { LiveTransport, type StopReason, type TransportStatus } from './transport'

const HELLO: ClientMessage = {
  type: 'hello',
  protocol: PROTOCOL_NAME,
  ticket: 't',
  client_id: '00000000-0000-4000-8000-000000000001',
  last_seq: null,
  stage_rev: null,
}

let transport: LiveTransport
let told: [TransportStatus, StopReason | null][]

function show(state: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)
  document.dispatchEvent(new Event('visibilitychange'))
}

/** Milliseconds until the next socket is opened. */
async function untilNext(limit_ms: number): Promise<number> {
  const before = FakeSocket.made.length
  for (let waited_ms = 0; waited_ms <= limit_ms; waited_ms += 50) {
    if (FakeSocket.made.length > before) return waited_ms
    await vi.advanceTimersByTimeAsync(50)
  }
  return Infinity
}

async function join(): Promise<FakeSocket> {
  await settle()
  FakeSocket.newest.open()
  FakeSocket.newest.say(welcome())
  return FakeSocket.newest
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5) // in the middle of the jitter
  FakeSocket.install()
  told = []
  transport = new LiveTransport('s1', {
    hello: () => HELLO,
    message: () => {},
    refused: () => {},
    status: (status, reason) => told.push([status, reason]),
  })
  transport.start()
})

afterEach(() => {
  transport.stop('left')
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('LIVE-B3 reconnecting', () => {
  it('pings every five seconds, and lets a socket go that says nothing for ten', async () => {
    const socket = await join()
    await vi.advanceTimersByTimeAsync(PING_EVERY_MS + 1_000)
    // At once, to measure the way, and after five seconds.
    expect(socket.sentOf('ping')).toHaveLength(2)
    socket.say({ type: 'pong', t: 1, server_time: '2026-11-29T09:00:00Z' })
    await vi.advanceTimersByTimeAsync(SILENCE_LIMIT_MS)
    expect(told.at(-1)).toEqual(['open', null])
    await vi.advanceTimersByTimeAsync(1_500)
    expect(told.some(([status]) => status === 'reconnecting')).toBe(true)
    expect(FakeSocket.made).toHaveLength(2)
  })

  it('waits half a second, then one, then two and never longer while it is seen', async () => {
    await join()
    FakeSocket.newest.drop()
    const waits = []
    for (let attempt = 0; attempt < 5; attempt += 1) {
      waits.push(await untilNext(10_000))
      FakeSocket.newest.drop()
    }
    expect(waits).toEqual([500, 1_000, 2_000, 2_000, 2_000])
  })

  it('waits up to five minutes while nobody looks, and comes at once when somebody does', async () => {
    await join()
    show('hidden')
    FakeSocket.newest.drop()
    let longest_ms = 0
    for (let attempt = 0; attempt < 11; attempt += 1) {
      longest_ms = Math.max(longest_ms, await untilNext(BACKOFF_HIDDEN_MS + 1_000))
      FakeSocket.newest.drop()
    }
    expect(longest_ms).toBe(BACKOFF_HIDDEN_MS)
    show('visible')
    expect(await untilNext(1_000)).toBeLessThanOrEqual(50)
  })

  it('comes at once when the network is back, from the shortest wait again', async () => {
    await join()
    window.dispatchEvent(new Event('offline'))
    expect(told.at(-1)).toEqual(['reconnecting', null])
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await untilNext(10_000)
      FakeSocket.newest.drop()
    }
    window.dispatchEvent(new Event('online'))
    expect(await untilNext(1_000)).toBeLessThanOrEqual(50)
    FakeSocket.newest.drop()
    expect(await untilNext(10_000)).toBe(500)
  })

  it('begins with the shortest wait again after a welcome', async () => {
    await join()
    FakeSocket.newest.drop()
    await untilNext(10_000)
    FakeSocket.newest.drop()
    await untilNext(10_000)
    await join()
    FakeSocket.newest.drop()
    expect(await untilNext(10_000)).toBe(500)
  })

  it('gives up an attempt that is not welcomed within ten seconds', async () => {
    await settle()
    const socket = FakeSocket.newest
    socket.open()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(socket.readyState).toBe(FakeSocket.CLOSED)
  })
})

describe('LIVE-B4 close codes', () => {
  it.each([
    [4403, 'forbidden'],
    [4409, 'replaced'],
    [4410, 'ended'],
    [4426, 'upgrade'],
  ] as const)('%s ends it: %s', async (code, reason) => {
    const socket = await join()
    socket.drop(code)
    expect(told.at(-1)).toEqual(['stopped', reason])
    expect(await untilNext(BACKOFF_HIDDEN_MS)).toBe(Infinity)
  })

  it.each([1001, 1006, 1009, 4400, 4401, 4408])('after %s it comes back', async (code) => {
    const socket = await join()
    socket.drop(code)
    expect(await untilNext(10_000)).toBe(500)
  })
})
