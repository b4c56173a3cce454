import { describe, expect, it } from 'vitest'

import type { Snapshot } from './generated'
import { emptySnapshot, lesion, measurement } from './testing'
import { inverseOf, staleness, type OpDraft, type Situation } from './undo'

const situation = (parts: Partial<Snapshot>): Situation => ({
  snapshot: { ...emptySnapshot(), ...parts },
  agenda_item: null,
})

describe('LIVE-X5 undo of what is said of lesions', () => {
  it('LIVE-N2: takes an assignment back to the one before, by version', () => {
    const body = { ...measurement('m', 4, 20), lesion: 't1' }
    const op: OpDraft = {
      kind: 'measurement.assign',
      entity: 'm',
      entity_version: 4,
      payload: { lesion: 't2' },
    }
    const inverse = inverseOf(op, situation({ measurements: [body] }))
    expect(inverse).toEqual({
      op: { kind: 'measurement.assign', entity: 'm', entity_version: 5, payload: { lesion: 't1' } },
      restores: 4,
    })
    const after = { ...body, version: 5, lesion: 't2' }
    expect(inverse && staleness(inverse, situation({ measurements: [after] }))).toBeNull()
    const changed = { ...after, version: 6 }
    expect(inverse && staleness(inverse, situation({ measurements: [changed] }))).toBe('changed')
    expect(inverse && staleness(inverse, situation({}))).toBe('gone')
    expect(inverseOf(op, situation({}))).toBeNull()
  })

  it('puts a removed lesion back, removes a new one, and says again what was said', () => {
    const body = lesion('t1', { version: 2, label: 'segment VII' })
    const there = situation({ lesions: [body] })
    const saying = { label: 'segment VII', site: 'liver', role: 'target', is_node: false } as const
    const removed: OpDraft = { kind: 'lesion.remove', entity: 't1', entity_version: 2, payload: {} }
    const back = inverseOf(removed, there)
    expect(back?.op).toEqual({
      kind: 'lesion.put',
      entity: 't1',
      entity_version: 3,
      payload: { id: 't1', ...saying },
    })
    expect(back && staleness(back, there)).toBe('back')
    expect(back && staleness(back, situation({}))).toBeNull()

    const made: OpDraft = { kind: 'lesion.put', payload: { id: 't1', ...saying } }
    const gone = inverseOf(made, situation({}))
    expect(gone?.op).toEqual({ ...removed, entity_version: 1 })
    expect(gone && staleness(gone, there)).toBe('changed')

    const renamed: OpDraft = {
      kind: 'lesion.revise',
      entity: 't1',
      entity_version: 2,
      payload: { ...saying, role: null },
    }
    expect(inverseOf(renamed, there)?.op).toEqual({
      kind: 'lesion.revise',
      entity: 't1',
      entity_version: 3,
      payload: saying,
    })
  })
})
