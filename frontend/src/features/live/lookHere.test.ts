import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { LookCalled } from '@/protocol/generated'
import { EMPTY_ROOM, type RoomState } from '@/protocol/room'
import { ROSA, SUMI } from '@/protocol/testing'
import { Signal } from '@/viewer/signal'
import type { Viewer } from '@/viewer/viewer'

import type { LiveSession } from './liveSession'
import { LookHere } from './lookHere'
import type { StageSync } from './stageSync'
import { CALL_LIVES_MS, CALL_SHOWN_MS } from './timing'

const call = (user = SUMI, id = 'c1', series = '1.2.3'): LookCalled => ({
  type: 'look.called',
  id,
  user,
  at: {
    series_instance_uid: series,
    frame_of_reference_uid: '1.9',
    point_lps: [1, 2, 3],
    sop_instance_uid: '1.2.3.4',
    frame: 1,
    point_image: null,
  },
})

function scene(changes: Partial<RoomState> = {}, following = true) {
  const session = {
    called: new Signal<LookCalled>(),
    state: { room: { ...EMPTY_ROOM, you: ROSA, ...changes }, following },
    callToLook: vi.fn(),
  }
  const drawn: string[][] = []
  const viewer = {
    pointed: new Signal(),
    library: { has: (uid: string) => uid === '1.2.3' },
    jumpTo: vi.fn(() => Promise.resolve()),
    people: { setCalls: (calls: { id: string }[]) => drawn.push(calls.map(({ id }) => id)) },
  }
  const stage = { returnToPresenter: vi.fn() }
  const look = new LookHere(
    session as unknown as LiveSession,
    viewer as unknown as Viewer,
    stage as unknown as StageSync,
  )
  look.start()
  const heard: (string | null)[] = []
  look.called.on((one) => heard.push(one?.id ?? null))
  return { session, viewer, stage, look, drawn, heard }
}

describe('LIVE-V5: calls to look at a point', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('are drawn for a while, one of each person, and can be gone to a while longer', () => {
    const { session, viewer, look, drawn, heard } = scene()
    session.called.emit(call())
    session.called.emit(call(SUMI, 'c2'))
    expect(drawn.at(-1)).toEqual(['c2'])
    vi.advanceTimersByTime(CALL_SHOWN_MS)
    expect(drawn.at(-1)).toEqual([])
    look.go()
    expect(viewer.jumpTo).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(CALL_LIVES_MS)
    expect(heard).toEqual(['c1', 'c2', null])
    look.go()
    expect(viewer.jumpTo).toHaveBeenCalledTimes(1)
  })

  it('go to series, image and point', () => {
    const { session, viewer, look } = scene()
    session.called.emit(call())
    look.go()
    const target = { series_instance_uid: '1.2.3', sop_instance_uid: '1.2.3.4', frame: 1 }
    expect(viewer.jumpTo).toHaveBeenCalledWith(target, [1, 2, 3])
  })

  it('of the presenter are where one follows already: going ends no following', () => {
    const presenter = { user: SUMI, epoch: 1 }
    const together = scene({ presenter })
    together.session.called.emit(call())
    together.look.go()
    expect(together.viewer.jumpTo).not.toHaveBeenCalled()
    expect(together.stage.returnToPresenter).not.toHaveBeenCalled()
    const alone = scene({ presenter }, false)
    alone.session.called.emit(call())
    alone.look.go()
    expect(alone.stage.returnToPresenter).toHaveBeenCalledTimes(1)
  })

  it('in images that are not here are not gone to, and that is said', () => {
    const { session, viewer, look } = scene()
    let lost = 0
    look.lost.on(() => (lost += 1))
    session.called.emit(call(SUMI, 'c1', '9.9'))
    look.go()
    expect([lost, viewer.jumpTo.mock.calls.length]).toEqual([1, 0])
  })

  it('of oneself are drawn, and not announced', () => {
    const { session, drawn, heard } = scene()
    session.called.emit(call(ROSA))
    expect([drawn.at(-1), heard]).toEqual([['c1'], []])
  })
})
