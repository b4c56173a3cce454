import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { StageState } from '@/protocol/generated'
import { EMPTY_ROOM, reduceRoom, type RoomState } from '@/protocol/room'
import { ROSA, SUMI, welcome } from '@/protocol/testing'
import { stageOf } from '@/viewer/stage'
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
    setFollowing: () => undefined,
  }
  const viewer = { changed: new Signal(), overlaysChanged: new Signal(), visibleViews: [] }
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
  return { told, session, sync, become }
}

describe('StageSync', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.mocked(stageOf).mockReturnValue(SHOWN)
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
