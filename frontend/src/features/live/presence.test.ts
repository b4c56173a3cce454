import { describe, expect, it } from 'vitest'

import type { Pointer, Whereabouts } from '@/protocol/generated'
import { EMPTY_ROOM, type RoomState, type TimedPresence } from '@/protocol/room'
import { ROSA, SUMI } from '@/protocol/testing'

import { latencyOf, qualityOf, SLOW_MS, VERY_SLOW_MS, withRoundTrip } from './latency'
import { onlookersOf, pointersOf, RestingPointers } from './othersPointers'
import { RESTED_MS } from './timing'
import { TRAIL_MS, Trails } from './trails'

const AT: Pointer = {
  series_instance_uid: '1.2.3',
  frame_of_reference_uid: '1.9',
  point_lps: [1, 2, 3],
  sop_instance_uid: null,
  frame: null,
  point_image: null,
}
const LOOKS: Whereabouts = {
  series_instance_uid: '1.2.3',
  frame_of_reference_uid: '1.9',
  sop_instance_uid: '1.2.3.4',
  frame: 1,
  center_lps: [0, 0, 0],
}
const said = (changes: Partial<TimedPresence> = {}): TimedPresence => ({
  user: SUMI.id,
  pointer: AT,
  tool: 'window',
  activity: 'active',
  hand_raised: false,
  looks_at: LOOKS,
  hand_at: null,
  seen_at_ms: 0,
  ...changes,
})
const room = (presence: TimedPresence, changes: Partial<RoomState> = {}): RoomState => ({
  ...EMPTY_ROOM,
  you: ROSA,
  people: [
    { user: ROSA, following: true, windows: 1, part: 'contributor', place: false },
    { user: SUMI, following: false, windows: 1, part: 'contributor', place: false },
  ],
  presence: { [presence.user]: presence },
  ...changes,
})
const drawn = (state: RoomState, now_ms = 0) =>
  pointersOf(state, { resting: new RestingPointers(), trails: new Trails(), now_ms })[0]

describe('pointers of the others', () => {
  it('carry name and colour of their people, and are not shown of whoever is away', () => {
    expect(drawn(room(said()))).toMatchObject({ name: SUMI.display_name, point_lps: [1, 2, 3] })
    expect(drawn(room(said({ activity: 'away' })))).toBeUndefined()
    expect(drawn(room(said({ user: ROSA.id })))).toBeUndefined()
  })

  it('LIVE-V6: a laser is the presenter’s alone', () => {
    const presenter = { user: SUMI, epoch: 1 }
    expect(drawn(room(said({ tool: 'laser' })))?.laser).toBeNull()
    expect(drawn(room(said({ tool: 'laser' }), { presenter }))?.laser).toEqual([])
    expect(drawn(room(said({ tool: 'window' }), { presenter }))?.laser).toBeNull()
  })

  it('rest when they have not moved, and wake when they do', () => {
    const resting = new RestingPointers()
    expect(resting.rests(said(), 0)).toBe(false)
    expect(resting.rests(said(), RESTED_MS - 1)).toBe(false)
    expect(resting.rests(said(), RESTED_MS)).toBe(true)
    expect(resting.rests(said({ pointer: { ...AT, point_lps: [9, 9, 9] } }), RESTED_MS + 1)).toBe(false)
    expect(resting.rests(said({ activity: 'idle' }), RESTED_MS + 2)).toBe(true)
  })
})

describe('the way of a laser', () => {
  it('is what it was a moment ago, and goes', () => {
    const trails = new Trails()
    expect(trails.follow('a', [0, 0, 0], 0)).toEqual([])
    expect(trails.follow('a', [1, 0, 0], 100)).toEqual([[0, 0, 0]])
    expect(trails.follow('a', [2, 0, 0], 200)).toEqual([
      [0, 0, 0],
      [1, 0, 0],
    ])
    expect(trails.follow('a', [2, 0, 0], 100 + TRAIL_MS)).toEqual([[2, 0, 0]])
    trails.end('a')
    expect(trails.isMoving).toBe(false)
  })
})

describe('who looks at the same series', () => {
  it('are those on their own; who follows is where the presenter is', () => {
    expect(onlookersOf(room(said()), true)).toMatchObject([{ user: SUMI.id, series_instance_uid: '1.2.3' }])
    const together = room(said(), { people: [{ user: SUMI, following: true, windows: 1, part: 'contributor', place: false }] })
    expect(onlookersOf(together, true)).toEqual([])
    expect(onlookersOf(room(said({ looks_at: null })), true)).toEqual([])
  })

  it('the presenter, for whoever does not follow', () => {
    const presented = room(said(), { presenter: { user: SUMI, epoch: 1 } })
    expect(onlookersOf(presented, true)).toEqual([])
    expect(onlookersOf(presented, false)).toHaveLength(1)
  })
})

describe('how long an answer takes', () => {
  it('is the median of the last five', () => {
    expect(latencyOf([])).toBeNull()
    expect(latencyOf([40, 900, 50])).toBe(50)
    expect(latencyOf([40, 50])).toBe(45)
    const samples = [1, 2, 3, 4, 5, 6].reduce<readonly number[]>(withRoundTrip, [])
    expect(samples).toEqual([2, 3, 4, 5, 6])
    expect(latencyOf(samples)).toBe(4)
  })

  it('is good below 200 ms, slow to a second, very slow from there', () => {
    expect([SLOW_MS - 1, SLOW_MS, VERY_SLOW_MS - 1, VERY_SLOW_MS].map(qualityOf)).toEqual([
      'good',
      'slow',
      'slow',
      'very_slow',
    ])
  })
})
