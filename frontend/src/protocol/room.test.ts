import { describe, expect, it } from 'vitest'

import type { LogEvent } from './generated'
import {
  EMPTY_ROOM,
  FROM_THE_START,
  PRESENCE_TTL_MS,
  reducePolled,
  reduceRoom,
  withoutStalePresence,
  type RoomState,
} from './room'
import { applyEvent } from './snapshot'
import {
  CASE,
  ROSA,
  SUMI,
  chatEvent,
  emptySnapshot,
  measurement,
  putEvent,
  removedEvent,
  stage,
  welcome,
} from './testing'

const joined = (): RoomState => reduceRoom(EMPTY_ROOM, welcome(), 0)
const play = (state: RoomState, events: readonly LogEvent[]): RoomState =>
  events.reduce((room, event) => reduceRoom(room, event, 0), state)

/** A meeting's worth of events on a few measurements, from a seed. */
function history(seed: number, count: number): LogEvent[] {
  let state = seed
  const random = (): number => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 2147483648
  }
  const versions = new Map<string, number>()
  return Array.from({ length: count }, (_, index) => {
    const seq = index + 1
    const id = `m${Math.floor(random() * 4)}`
    const version = (versions.get(id) ?? 0) + 1
    const draw = random()
    if (draw < 0.3) return chatEvent(seq, `words ${seq}`)
    versions.set(id, version)
    if (draw < 0.45 && version > 1) return removedEvent(seq, id, version)
    return putEvent(seq, measurement(id, version, 10 + random() * 30))
  })
}

describe('room', () => {
  it('LIVE-J2 applies an event once and in order', () => {
    const room = play(joined(), [chatEvent(1, 'a'), chatEvent(1, 'a'), chatEvent(2, 'b')])
    expect(room.head).toBe(2)
    expect(room.snapshot?.chat.map((entry) => entry.text)).toEqual(['a', 'b'])
  })

  it('LIVE-J2 stops at a gap, asks for what is missing, and goes on when it has come', () => {
    const gap = play(joined(), [chatEvent(1, 'a'), chatEvent(3, 'c')])
    expect(gap.head).toBe(1)
    expect(gap.gap_after).toBe(1)
    const filled = play(gap, [chatEvent(2, 'b'), chatEvent(3, 'c')])
    expect(filled.gap_after).toBeNull()
    expect(filled.snapshot?.chat.map((entry) => entry.text)).toEqual(['a', 'b', 'c'])
  })

  it('LIVE-J4 a fresh join equals an old join that has followed along', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const events = history(seed, 30)
      const along = play(joined(), events)
      const cut = seed % 30
      const snapshot = events.slice(0, cut).reduce(applyEvent, emptySnapshot())
      const fresh = play(
        reduceRoom(EMPTY_ROOM, welcome({ head_seq: cut, snapshot }), 0),
        events.slice(cut),
      )
      expect(fresh.snapshot).toEqual(along.snapshot)
      expect(fresh.head).toBe(along.head)
    }
  })

  it('LIVE-J4 repeats and late copies change nothing', () => {
    const events = history(7, 20)
    const noisy = events.flatMap((event, index) => [event, events[Math.floor(index / 2)] ?? event])
    expect(play(joined(), noisy).snapshot).toEqual(play(joined(), events).snapshot)
  })

  it('LIVE-J1 resumes by events without losing what it had', () => {
    const before = play(joined(), [chatEvent(1, 'a')])
    const back = reduceRoom(
      before,
      welcome({ head_seq: 3, snapshot: null, events: [chatEvent(2, 'b'), chatEvent(3, 'c')] }),
      0,
    )
    expect(back.head).toBe(3)
    expect(back.snapshot?.chat).toHaveLength(3)
  })

  it('LIVE-A2 keeps the numbers whole over a withheld event', () => {
    const room = play(joined(), [{ type: 'event', kind: 'withheld', seq: 1 }, chatEvent(2, 'b')])
    expect(room.head).toBe(2)
    expect(room.gap_after).toBeNull()
  })

  it('an older version never replaces a newer one', () => {
    const room = play(joined(), [
      putEvent(1, measurement('m', 3, 30)),
      putEvent(2, measurement('m', 2, 20)),
    ])
    expect(room.snapshot?.measurements[0]?.version).toBe(3)
  })

  it('nothing of the former case stays when the room goes on', () => {
    const before = reduceRoom(
      play(joined(), [putEvent(1, measurement('m', 1, 9))]),
      { type: 'stage', frame: stage(1, 4) },
      0,
    )
    const moved = reduceRoom(
      before,
      {
        ...chatEvent(2, ''),
        kind: 'agenda.moved',
        case_id: 'next-case',
        payload: { agenda_item: 'item-8' },
      } as unknown as LogEvent,
      0,
    )
    expect(moved).toMatchObject({
      case_id: 'next-case',
      agenda_item: 'item-8',
      snapshot: null,
      stage: null,
    })
    expect(before.case_id).toBe(CASE)
  })

  it('LIVE-P1 ignores the stage of an epoch that is over, and an older one of this epoch', () => {
    const room = reduceRoom(joined(), { type: 'stage', frame: stage(1, 5) }, 0)
    expect(reduceRoom(room, { type: 'stage', frame: stage(1, 4) }, 0).stage?.rev).toBe(5)
    const granted = reduceRoom(
      room,
      { type: 'presenter.changed', presenter: { user: SUMI, epoch: 2 }, followers: 1 },
      0,
    )
    expect(reduceRoom(granted, { type: 'stage', frame: stage(1, 99) }, 0).stage?.rev).toBe(5)
    expect(reduceRoom(granted, { type: 'stage', frame: stage(2, 1) }, 0).stage?.epoch).toBe(2)
  })

  it('LIVE-P1 a late word of an old epoch does not bring the old presenter back', () => {
    const granted = reduceRoom(
      joined(),
      { type: 'presenter.changed', presenter: { user: SUMI, epoch: 2 }, followers: 3 },
      0,
    )
    const late = reduceRoom(
      granted,
      { type: 'presenter.changed', presenter: { user: ROSA, epoch: 1 }, followers: 3 },
      0,
    )
    expect(late.presenter.user?.id).toBe(SUMI.id)
  })

  it('nothing moves in the list of people when somebody changes', () => {
    const person = (user: typeof ROSA, following: boolean) => ({ user, following, windows: 1, part: 'contributor' as const, place: false })
    let room = reduceRoom(joined(), { type: 'participant.joined', person: person(ROSA, false) }, 0)
    room = reduceRoom(room, { type: 'participant.joined', person: person(SUMI, true) }, 0)
    room = reduceRoom(room, { type: 'participant.joined', person: person(ROSA, true) }, 0)
    expect(room.people.map((entry) => entry.user.id)).toEqual([ROSA.id, SUMI.id])
    expect(room.people[0]?.following).toBe(true)
  })

  it('presence that is not renewed is over', () => {
    const presence = {
      user: ROSA.id,
      pointer: null,
      tool: null,
      activity: 'active' as const,
      hand_raised: false,
      looks_at: null,
      hand_at: null,
    }
    const room = reduceRoom(
      joined(),
      { type: 'presence.delta', changed: [presence], removed: [], t: 1 },
      1000,
    )
    expect(withoutStalePresence(room, 1000 + PRESENCE_TTL_MS - 1)).toBe(room)
    expect(withoutStalePresence(room, 1000 + PRESENCE_TTL_MS).presence).toEqual({})
  })

  it('LIVE-B5 polling folds the same events, and a snapshot after a long gap', () => {
    const polled = {
      head_seq: 2,
      projection: 'identified' as const,
      ai_hidden: false,
      events: [chatEvent(1, 'a'), chatEvent(2, 'b')],
      snapshot: null,
      stage: stage(1, 9),
    }
    const room = reducePolled(joined(), polled)
    expect(room.head).toBe(2)
    expect(room.stage?.rev).toBe(9)
    const far = reducePolled(room, {
      ...polled,
      head_seq: 900,
      events: null,
      snapshot: emptySnapshot(),
      stage: null,
    })
    expect(far.head).toBe(900)
    expect(far.snapshot?.chat).toEqual([])
  })

  it('LIVE-X2: asks for a snapshot where results were hidden or revealed while it was away', () => {
    const blind = reduceRoom(EMPTY_ROOM, welcome({ ai_hidden: true }), 0)
    expect(blind).toMatchObject({ ai_hidden: true, gap_after: null })
    const back = welcome({ ai_hidden: false, snapshot: null, events: [], head_seq: 0 })
    expect(reduceRoom(blind, back, 0).gap_after).toBe(FROM_THE_START)
    const same = welcome({ ai_hidden: true, snapshot: null, events: [], head_seq: 0 })
    expect(reduceRoom(blind, same, 0).gap_after).toBeNull()
  })
})
