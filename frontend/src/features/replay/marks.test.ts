import { expect, it } from 'vitest'

import type { LogEvent } from '@/protocol/generated'

import { marksOf } from './marks'

const event = (seq: number, kind: string, id: string | null, display_name: string) =>
  ({ seq, kind, actor: { id, display_name }, at: '2026-11-29T10:00:00Z', payload: {} }) as LogEvent

it('tells votes from decisions, and names people but no machines', () => {
  const events = [
    event(1, 'findings.added', null, 'worker-7'),
    event(2, 'decision.drafted', 'a', 'Dr A'),
    event(3, 'votes.called', 'a', 'Dr A'),
    event(4, 'decision.voted', 'b', 'Dr B'),
    event(5, 'decision.signed', 'a', 'Dr A'),
  ]
  const marks = marksOf(events, [0, 1, 2, 3, 4])
  expect(marks.map(({ kind, who, signed }) => [kind, who, signed])).toEqual([
    ['finding', '', false],
    ['decision', 'Dr A', false],
    ['vote', 'Dr A', false],
    ['vote', 'Dr B', false],
    ['decision', 'Dr A', true],
  ])
})
