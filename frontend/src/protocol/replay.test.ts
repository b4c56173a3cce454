import { describe, expect, it } from 'vitest'

import type { LogEvent, Snapshot, StageFrame } from './generated'
import { ReplayFold, type ChapterLog } from './replay'
import { applyEvent } from './snapshot'

const CASE = '00000000-0000-0000-0000-0000000000c1'
const WHO = { id: '00000000-0000-0000-0000-0000000000a1', display_name: 'Dr A', discipline: 'surgery' }
const AT = '2027-01-12T14:00:00Z'

const empty = (): Snapshot => ({
  case_id: CASE,
  agenda_item: null,
  presenter: { user: WHO, epoch: 1 },
  measurements: [],
  segmentations: [],
  findings: [],
  decisions: [],
  chat: [],
  key_images: [],
  gathering: { attendance: [], needs: [], asks: [] },
  lesions: [],
})

const base = (seq: number) => ({
  type: 'event' as const,
  seq,
  op_id: null,
  case_id: CASE,
  actor: { id: WHO.id, display_name: WHO.display_name },
  at: AT,
  entity: 'thing',
  entity_id: '1',
  entity_version: 1,
})

const stage = (rev: number): StageFrame => ({
  epoch: 1,
  rev,
  state: { layout: { rows: 1, columns: 1 }, active_viewport: 0, viewports: [null], focus: null, held: false },
})

const id = (number: number): string => `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`

/** Chat, findings and keyframes in turn. */
function event(seq: number): LogEvent {
  if (seq % 3 === 0) return { ...base(seq), kind: 'stage.keyframe', payload: { stage: stage(seq) } }
  if (seq % 3 === 1)
    return {
      ...base(seq),
      kind: 'chat.posted',
      payload: { message: { id: id(seq), author: WHO, text: `said ${seq}`, at: AT } },
    }
  return {
    ...base(seq),
    kind: 'finding.reviewed',
    payload: { finding: { id: id(seq % 40), version: seq, state: 'accepted' }, reason_code: null },
  }
}

function chapter(count: number, from_seq = 10): ChapterLog {
  const events = Array.from({ length: count }, (_, index) => event(from_seq + 1 + index))
  return { case_id: CASE, from_seq, states: [{ seq: from_seq, snapshot: empty() }], events }
}

/** By the plainest way there is: everything from the beginning. */
const plainly = (log: ChapterLog, seq: number): Snapshot =>
  log.events.filter((one) => one.seq <= seq).reduce(applyEvent, empty())

describe('LIVE-R1: replay', () => {
  it('is the same at a number however one came there', () => {
    const log = chapter(650)
    const fold = new ReplayFold(log)
    let seed = 7
    for (let turn = 0; turn < 120; turn += 1) {
      seed = (seed * 48271) % 2147483647
      const seq = log.from_seq + (seed % (log.events.length + 1))
      const room = fold.at(seq)
      expect(room.head).toBe(seq)
      expect(room.snapshot).toEqual(plainly(log, seq))
      const shown = log.events.findLast((one) => one.seq <= seq && one.kind === 'stage.keyframe')
      expect(room.stage?.rev ?? null).toBe(shown?.seq ?? null)
    }
  })

  it('takes the state that holds where effects are not in the event', () => {
    const linked: Snapshot = { ...empty(), findings: [{ id: id(1), version: 1, state: 'unreviewed' }] }
    const plain = chapter(4)
    const fold = new ReplayFold({ ...plain, states: [...plain.states, { seq: 12, snapshot: linked }] })
    expect(fold.at(11).snapshot?.findings).toEqual([{ id: id(11), version: 11, state: 'accepted' }])
    expect(fold.at(12).snapshot).toEqual(linked)
    expect(fold.at(14).snapshot?.findings).toHaveLength(2)
    expect(fold.at(11).snapshot?.findings).toHaveLength(1)
  })

  it('stays within the chapter', () => {
    const fold = new ReplayFold(chapter(3))
    expect(fold.at(0).head).toBe(10)
    expect(fold.at(99).head).toBe(13)
  })

  it('keeps numbers whole where events are withheld from the reader', () => {
    const log = chapter(3)
    const events: LogEvent[] = log.events.map((one) =>
      one.seq === 12 ? { type: 'event', kind: 'withheld', seq: 12 } : one,
    )
    expect(new ReplayFold({ ...log, events }).at(13).head).toBe(13)
  })

  it('folds 2,000 events within 50 ms, and back in less', () => {
    const log = chapter(2000)
    // The best of several: other work of this machine is not the fold's.
    const best = { forth: Infinity, back: Infinity }
    for (let turn = 0; turn < 8; turn += 1) {
      const fold = new ReplayFold(log)
      const started = performance.now()
      fold.at(2010)
      const there = performance.now()
      fold.at(1999)
      best.forth = Math.min(best.forth, there - started)
      best.back = Math.min(best.back, performance.now() - there)
    }
    expect(best.forth).toBeLessThan(50)
    expect(best.back).toBeLessThan(25)
  })
})
