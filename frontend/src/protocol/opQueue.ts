import type { OpAck, OpSubmit } from './generated'

/** Ops that are not acknowledged yet, oldest first (LIVE-J3). */
export interface OpQueue {
  readonly waiting: readonly OpSubmit[]
}

export const EMPTY_QUEUE: OpQueue = { waiting: [] }

/** Answers that mean "not now": the op stays and is sent again. */
const PASSING_REFUSALS = new Set(['unavailable', 'rate_limited'])

export const isFinal = (ack: OpAck): boolean =>
  ack.outcome !== 'rejected' || !PASSING_REFUSALS.has(ack.code ?? '')

export const submitted = (queue: OpQueue, op: OpSubmit): OpQueue => ({
  waiting: [...queue.waiting, op],
})

/** A final answer takes the op out; a passing refusal leaves it for the next sending. */
export function acknowledged(queue: OpQueue, ack: OpAck): OpQueue {
  if (!isFinal(ack)) return queue
  return { waiting: queue.waiting.filter((op) => op.op_id !== ack.op_id) }
}
