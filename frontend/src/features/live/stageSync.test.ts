import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { StageState } from '@/protocol/generated'
import { EMPTY_ROOM, reduceRoom, type RoomState } from '@/protocol/room'
import { ROSA, SUMI, welcome } from '@/protocol/testing'
import { StageFollower, stageOf } from '@/viewer/stage'
import { Signal } from '@/viewer/signal'
import type { Viewer } from '@/viewer/viewer'

import type { LiveSession } from './liveSession'
import { StageSync } from './stageSync'
import { STAGE_AGAIN_MS } from './timing'

vi.mock('@/viewer/stage', { spy: true })

const CLIENT = '00000000-0000-4000-8000-000000000001'
const SHOWN = { viewports: [{ study_instance_uid: '1.2' }] } as unknown as StageState
const presenting = (): RoomState =>
  reduceRoom(
    EMPTY_ROOM,
    welcome({ you: { user: ROSA, client_id: CLIENT }, presenter: { user: ROSA, epoch: 1 } }),
    0,
  )

/** A session that takes every stage, and what it was told. */
function scene() {
  const told: number[] = []
  const session = {
    state: { room: { ...presenting(), followers: 1 }, following: true },
    changed: new Signal(),
    stageRefused: new Signal(),
    publishStage: () => told.push(session.state.room.presenter.epoch) > 0,
    setFollowing: (following: boolean) => {
      session.state = { ...session.state, following }
      session.changed.emit()
    },
  }
  const presented: (string | null)[] = []
  const selected: (string | null)[] = []
  const viewer = {
    changed: new Signal<'user' | 'program'>(),
    overlaysChanged: new Signal(),
    visibleViews: [],
    selected: null as string | null,
    people: {
      setPresented: (shown: { name: string } | null) => presented.push(shown?.name ?? null),
    },
    select: (id: string | null) => selected.push(id),
  }
  const sync = new StageSync(
    session as unknown as LiveSession,
    viewer as unknown as Viewer,
    () => null,
  )
  const become = (room: RoomState): void => {
    session.state = { ...session.state, room }
    session.changed.emit()
    vi.advanceTimersByTime(100)
  }
  return { told, session, sync, become, viewer, presented, selected }
}

describe('StageSync', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.mocked(stageOf).mockReturnValue(SHOWN)
    vi.spyOn(StageFollower.prototype, 'apply').mockReturnValue()
    vi.spyOn(StageFollower.prototype, 'stop').mockReturnValue()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('tells a view once while nothing changes', () => {
    const { told, session, sync, become } = scene()
    sync.start()
    vi.advanceTimersByTime(100)
    become({ ...session.state.room })
    expect(told).toEqual([1])
  })

  it('LIVE-C2 tells the view again under a new epoch, though it has not moved', () => {
    const { told, session, sync, become } = scene()
    sync.start()
    vi.advanceTimersByTime(100)
    become(
      reduceRoom(
        session.state.room,
        { type: 'presenter.changed', presenter: { user: ROSA, epoch: 2 }, followers: 1 },
        0,
      ),
    )
    expect(told).toEqual([1, 2])
  })

  it('LIVE-C2 tells the view again when the stage lane is back', () => {
    const { told, session, sync, become } = scene()
    sync.start()
    vi.advanceTimersByTime(100)
    const { limits } = welcome()
    become(reduceRoom(session.state.room, { ...limits, realtime: false }, 0))
    become(reduceRoom(session.state.room, { ...limits, realtime: true }, 0))
    expect(told).toEqual([1, 1])
  })

  it('LIVE-J3 tells the view again after a reconnect: the last one may have died on the way', () => {
    const { told, session, sync, become } = scene()
    sync.start()
    vi.advanceTimersByTime(100)
    const you = { user: ROSA, client_id: CLIENT }
    become(reduceRoom(session.state.room, welcome({ you, events: [], snapshot: null, followers: 1 }), 0))
    expect(told).toEqual([1, 1])
  })

  it('tells a refused stage again, and not at once', () => {
    const { told, session, sync } = scene()
    sync.start()
    vi.advanceTimersByTime(100)
    session.stageRefused.emit()
    vi.advanceTimersByTime(STAGE_AGAIN_MS / 2)
    expect(told).toHaveLength(1)
    vi.advanceTimersByTime(STAGE_AGAIN_MS)
    expect(told).toHaveLength(2)
  })

  it('LIVE-P7 holds the view and lets it go, by whichever hand', () => {
    const { told, sync, viewer } = scene()
    sync.start()
    vi.advanceTimersByTime(100)
    let heard = 0
    sync.heldChanged.on(() => (heard += 1))
    vi.mocked(stageOf).mockReturnValue({ ...SHOWN, held: true })
    sync.setHeld(true)
    expect([sync.held, heard, told.length]).toEqual([true, 1, 2])
    vi.mocked(stageOf).mockReturnValue({ ...SHOWN, active_viewport: 1 })
    viewer.changed.emit('user')
    vi.advanceTimersByTime(1000)
    expect(told).toHaveLength(2)
    sync.setHeld(false)
    vi.advanceTimersByTime(100)
    expect([sync.held, heard, told.length]).toEqual([false, 2, 3])
  })

  it('LIVE-V2 outlines the presenter’s view while it is followed, and only then', () => {
    const { session, sync, become, viewer, presented } = scene()
    session.state.room = { ...session.state.room, presenter: { user: SUMI, epoch: 1 } }
    sync.start()
    sync.setOutline((name) => `${name} sees this`)
    expect(presented.at(-1)).toBeNull()
    const stage = { epoch: 1, rev: 1, state: { ...SHOWN, focus: null } }
    become({ ...session.state.room, stage })
    expect(presented.at(-1)).toBe(`${SUMI.display_name} sees this`)
    viewer.changed.emit('user')
    expect(session.state.following).toBe(false)
    expect(presented.at(-1)).toBeNull()
    sync.returnToPresenter()
    expect(presented.at(-1)).toBe(`${SUMI.display_name} sees this`)
    sync.setOutline(null)
    expect(presented.at(-1)).toBeNull()
  })

  it('LIVE-V1 marks the measurement that is talked about, until it is another', () => {
    const { session, sync, become, selected } = scene()
    session.state.room = { ...session.state.room, presenter: { user: SUMI, epoch: 1 } }
    sync.start()
    const talk = (rev: number, focus: StageState['focus']): void =>
      become({ ...session.state.room, stage: { epoch: 1, rev, state: { ...SHOWN, focus } } })
    talk(1, { kind: 'measurement', id: 'm1' })
    talk(2, { kind: 'measurement', id: 'm1' })
    talk(3, { kind: 'measurement', id: 'm2' })
    expect(selected).toEqual(['m1', 'm2'])
  })

  it('LIVE-V1 tells of the measurement in hand', () => {
    const { sync, viewer } = scene()
    viewer.selected = 'm1'
    sync.setFocus({ kind: 'finding', id: 'f1' })
    sync.start()
    vi.advanceTimersByTime(100)
    expect(vi.mocked(stageOf).mock.lastCall?.[1]).toMatchObject({
      focus: { kind: 'measurement', id: 'm1' },
    })
  })

  it('LIVE-V1 tells of the lesion that was chosen, where no measurement is in hand', () => {
    const { sync } = scene()
    sync.setFocus({ kind: 'lesion', id: 't1' })
    sync.start()
    vi.advanceTimersByTime(100)
    expect(vi.mocked(stageOf).mock.lastCall?.[1]).toMatchObject({
      focus: { kind: 'lesion', id: 't1' },
    })
  })

  it('a follower tells nothing', () => {
    const { told, session, sync, become } = scene()
    session.state.room = { ...session.state.room, presenter: { user: SUMI, epoch: 1 } }
    sync.start()
    become({ ...session.state.room, stage_losses: 5 })
    session.stageRefused.emit()
    vi.advanceTimersByTime(5000)
    expect(told).toEqual([])
  })
})
