import { describe, expect, it } from 'vitest'

import type { OpAck, OpSubmit } from '@/protocol/generated'
import { EMPTY_ROOM, type RoomState } from '@/protocol/room'
import { CASE, emptySnapshot, measurement } from '@/protocol/testing'
import { Signal } from '@/viewer/signal'

import { LiveActs, type WhyNot } from './liveActs'
import type { LiveSession } from './liveSession'

/** A room whose answers come when the test says so, each before its event. */
class SlowRoom {
  readonly changed = new Signal()
  readonly sent: OpSubmit[] = []
  room: RoomState = { ...EMPTY_ROOM, case_id: CASE, head: 0, snapshot: emptySnapshot() }
  private waiting: (() => void)[] = []
  private seq = 0

  get state(): LiveSession['state'] {
    return { room: this.room } as LiveSession['state']
  }

  submit = (op: OpSubmit): Promise<OpAck> => {
    this.sent.push(op)
    return new Promise((resolve) => {
      this.waiting.push(() => {
        this.seq += 1
        const { op_id, kind } = op
        resolve({ type: 'op.ack', op_id, kind, outcome: 'committed', seq: this.seq, code: null, message: null, current: null })
        setTimeout(() => this.hear(op), 5)
      })
    })
  }

  /** Answers everything that waits, and what comes after it. */
  async answer(): Promise<void> {
    for (let turn = 0; turn < 12; turn += 1) {
      for (const one of this.waiting.splice(0)) one()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  private hear(op: OpSubmit): void {
    const measurements =
      op.kind === 'measurement.put'
        ? [measurement(op.payload.id, (op.entity_version ?? 0) + 1, 10)]
        : []
    this.room = { ...this.room, head: this.seq, snapshot: { ...emptySnapshot(), measurements } }
    this.changed.emit()
  }
}

const PUT = {
  kind: 'measurement.put' as const,
  payload: {
    id: 'a',
    kind: 'length' as const,
    study_instance_uid: '1',
    series_instance_uid: '1.2',
  },
}

describe('LIVE-X5 one’s own acts in a room', () => {
  it('carries out a quick hand’s undo and redo in order, though answers come before events', async () => {
    const room = new SlowRoom()
    const acts = new LiveActs(room)
    const why: WhyNot[] = []
    acts.stale.on((one) => why.push(one))
    const done = acts.act(PUT)
    await room.answer()
    await done
    void acts.undo()
    void acts.redo()
    const last = acts.undo()
    await room.answer()
    await last
    expect(room.sent.map(({ kind }) => kind)).toEqual([
      'measurement.put',
      'measurement.remove',
      'measurement.put',
      'measurement.remove',
    ])
    expect(room.sent[3]).toMatchObject({ entity: 'a', entity_version: 3 })
    expect(why).toEqual([])
  })

  it('says that there is nothing to undo, and undoes nothing of another case', async () => {
    const room = new SlowRoom()
    const acts = new LiveActs(room)
    const why: WhyNot[] = []
    acts.stale.on((one) => why.push(one))
    const done = acts.act(PUT)
    await room.answer()
    await done
    room.room = { ...room.room, case_id: 'another', snapshot: emptySnapshot() }
    await acts.undo()
    expect(why).toEqual(['nothing'])
    expect(room.sent).toHaveLength(1)
  })
})
