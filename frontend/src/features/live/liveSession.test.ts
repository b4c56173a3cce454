import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { OpSubmit } from '@/protocol/generated'
import { chatEvent, emptySnapshot, stage, welcome } from '@/protocol/testing'

import { LiveSession } from './liveSession'
import { FakeSocket, settle, ticket } from './testing'
import { BACKOFF_VISIBLE_MS, POLL_AFTER_MS, POLL_EVERY_MS } from './timing'

const chat = (text: string): OpSubmit => ({
  type: 'op.submit',
  op_id: crypto.randomUUID(),
  kind: 'chat.post',
  payload: { text },
})

let session: LiveSession

beforeEach(() => {
  vi.useFakeTimers()
  FakeSocket.install()
  session = new LiveSession('s1')
})

afterEach(() => {
  session.stop()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

async function join(): Promise<FakeSocket> {
  await settle()
  const socket = FakeSocket.newest
  socket.open()
  socket.say(welcome())
  return socket
}

async function reconnect(): Promise<FakeSocket> {
  const before = FakeSocket.made.length
  await vi.advanceTimersByTimeAsync(BACKOFF_VISIBLE_MS * 2)
  expect(FakeSocket.made.length).toBe(before + 1)
  const socket = FakeSocket.newest
  socket.open()
  return socket
}

describe('live session', () => {
  it('LIVE-J3 sends what is not acknowledged again with the next welcome, once and in order', async () => {
    session.start()
    const first = await join()
    const [a, b, c] = [chat('a'), chat('b'), chat('c')]
    void session.submit(a)
    void session.submit(b)
    first.say({ type: 'op.ack', op_id: a.op_id, kind: 'chat.post', outcome: 'committed', seq: 1, code: null, message: null, current: null })
    first.drop()
    void session.submit(c) // while nobody hears
    const second = await reconnect()
    expect(second.sentOf('op.submit')).toEqual([])
    second.say(welcome())
    expect(second.sentOf('op.submit')).toEqual([b, c])
  })

  it('LIVE-J3 an op waits for its answer over a reconnect, and gets it', async () => {
    session.start()
    const first = await join()
    const op = chat('kept')
    const answer = session.submit(op)
    first.drop()
    const second = await reconnect()
    second.say(welcome())
    second.say({ type: 'op.ack', op_id: op.op_id, kind: 'chat.post', outcome: 'committed', seq: 4, code: null, message: null, current: null })
    await expect(answer).resolves.toMatchObject({ outcome: 'committed', seq: 4 })
    expect(session.state.ops.waiting).toEqual([])
  })

  it('LIVE-J1 says where it stands when it comes back', async () => {
    session.start()
    const first = await join()
    first.say(chatEvent(1, 'a'))
    first.drop()
    const second = await reconnect()
    const [hello] = second.sentOf('hello')
    expect(hello).toMatchObject({ last_seq: 1, ticket: 'a-ticket' })
    expect(hello?.client_id).toBe(first.sentOf('hello')[0]?.client_id)
  })

  it('LIVE-J2 asks once for what is missing, and never guesses it', async () => {
    session.start()
    const socket = await join()
    socket.say(chatEvent(1, 'a'))
    socket.say(chatEvent(3, 'c'))
    socket.say(chatEvent(4, 'd'))
    expect(socket.sentOf('resume')).toEqual([{ type: 'resume', after_seq: 1 }])
    expect(session.state.room.snapshot?.chat).toHaveLength(1)
    for (const event of [chatEvent(2, 'b'), chatEvent(3, 'c'), chatEvent(4, 'd')]) socket.say(event)
    expect(session.state.room.snapshot?.chat.map((entry) => entry.text)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('LIVE-B5 polls once a second where no socket opens, with the stage in it', async () => {
    const polls: string[] = []
    FakeSocket.install((url) => {
      if (!url.includes('/events')) return ticket()
      polls.push(url)
      const rev = polls.length
      return Response.json({
        head_seq: rev,
        projection: 'identified',
        events: rev === 1 ? null : [chatEvent(rev, `polled ${rev}`)],
        snapshot: rev === 1 ? { ...emptySnapshot() } : null,
        stage: stage(1, rev),
      })
    })
    session.start()
    await settle()
    // A proxy that lets no socket through: each is closed as soon as it is tried.
    const blocked = setInterval(() => {
      const { newest } = FakeSocket
      if (newest.readyState === FakeSocket.CONNECTING) newest.drop()
    }, 100)
    await vi.advanceTimersByTimeAsync(POLL_AFTER_MS + POLL_EVERY_MS)
    const before = polls.length
    await vi.advanceTimersByTimeAsync(5 * POLL_EVERY_MS)
    clearInterval(blocked)
    expect(polls.length - before).toBe(5)
    expect(polls.at(-1)).toContain(`after=${polls.length - 1}`)
    const { room, polling } = session.state
    expect(polling).toBe(true)
    expect(room.stage?.rev).toBe(polls.length)
    expect(room.head).toBe(polls.length)
    expect(room.snapshot?.chat.at(-1)?.text).toBe(`polled ${polls.length}`)
  })

  it.each([true, false])('LIVE-B5 polling keeps who follows signed in (following: %s)', async (following) => {
    const background: boolean[] = []
    vi.stubGlobal(
      'fetch',
      vi.fn((url: string, init?: RequestInit) => {
        if (!url.includes('/events')) return Promise.resolve(ticket())
        background.push(new Headers(init?.headers).has('X-Consilium-Background'))
        return Promise.resolve(
          Response.json({ head_seq: 0, projection: 'identified', events: [], snapshot: null, stage: null }),
        )
      }),
    )
    session.setFollowing(following)
    session.start()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(background.length).toBeGreaterThan(10)
    expect(background.at(-1)).toBe(!following)
  })

  it('LIVE-B5 stops polling when the socket is back, and goes on from there', async () => {
    const polls: string[] = []
    session.start()
    const first = await join()
    FakeSocket.install((url) => {
      if (!url.includes('/events')) return ticket()
      polls.push(url)
      return Response.json({ head_seq: 1, projection: 'identified', events: polls.length === 1 ? [chatEvent(1, 'polled')] : [], snapshot: null, stage: null })
    })
    first.drop()
    const blocked = setInterval(() => {
      if (FakeSocket.made.at(-1)?.readyState === FakeSocket.CONNECTING) FakeSocket.newest.drop()
    }, 100)
    await vi.advanceTimersByTimeAsync(POLL_AFTER_MS + 2 * POLL_EVERY_MS)
    clearInterval(blocked)
    expect(polls.length).toBeGreaterThan(0)
    const back = await reconnect()
    expect(back.sentOf('hello')[0]?.last_seq).toBe(1)
    back.say(welcome({ head_seq: 1, snapshot: null, events: [] }))
    const told = polls.length
    await vi.advanceTimersByTimeAsync(5 * POLL_EVERY_MS)
    expect(polls.length).toBe(told)
    expect(session.state.polling).toBe(false)
    expect(session.state.room.snapshot?.chat.map((entry) => entry.text)).toEqual(['polled'])
  })
})
