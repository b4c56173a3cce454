import { describe, expect, it } from 'vitest'

import type { ChatPost, OpAck } from './generated'
import { acknowledged, EMPTY_QUEUE, submitted } from './opQueue'

const op = (op_id: string): ChatPost => ({
  type: 'op.submit',
  op_id,
  kind: 'chat.post',
  payload: { text: op_id },
})
const ack = (op_id: string, outcome: OpAck['outcome'], code: string | null = null): OpAck => ({
  type: 'op.ack',
  op_id,
  kind: 'chat.post',
  outcome,
  seq: null,
  code,
  message: null,
  current: null,
})

describe('op queue', () => {
  it('LIVE-J3 keeps what is not acknowledged, in the order it was done', () => {
    const queue = acknowledged(
      submitted(submitted(submitted(EMPTY_QUEUE, op('a')), op('b')), op('c')),
      ack('b', 'committed'),
    )
    expect(queue.waiting.map((entry) => entry.op_id)).toEqual(['a', 'c'])
  })

  it.each(['committed', 'noop'] as const)('LIVE-O3 is done with an op that was %s', (outcome) => {
    expect(acknowledged(submitted(EMPTY_QUEUE, op('a')), ack('a', outcome)).waiting).toEqual([])
  })

  it('LIVE-O3 is done with an op that was refused for good', () => {
    expect(
      acknowledged(submitted(EMPTY_QUEUE, op('a')), ack('a', 'rejected', 'stale_version')).waiting,
    ).toEqual([])
  })

  it.each(['unavailable', 'rate_limited'])('sends again what was refused as %s', (code) => {
    expect(
      acknowledged(submitted(EMPTY_QUEUE, op('a')), ack('a', 'rejected', code)).waiting,
    ).toHaveLength(1)
  })

  it('LIVE-O2 a second answer changes nothing', () => {
    const done = acknowledged(submitted(EMPTY_QUEUE, op('a')), ack('a', 'committed'))
    expect(acknowledged(done, ack('a', 'committed'))).toEqual(done)
  })
})
