import { describe, expect, it } from 'vitest'

import { type DecisionDraft, emptyDraft, emptyRecommendation } from '@/api/boards'

import { type Conflict, mergeDrafts, takeTheirs } from './merging'

const base: DecisionDraft = {
  ...emptyDraft(),
  consensus: 'consensus',
  recommendations: [emptyRecommendation({ text: 'Lobectomy' }), emptyRecommendation({ text: 'MRI' })],
  positions: [{ user: 'a', stance: 'agree', statement: '' }],
}
const changed = (part: Partial<DecisionDraft>): DecisionDraft => ({ ...base, ...part })
const first = (part: object) => changed({ recommendations: base.recommendations.map((one, index) => (index === 0 ? { ...one, ...part } : one)) })

/** With every conflict settled the other way. */
const settled = (draft: DecisionDraft, conflicts: Conflict[]) => conflicts.reduce(takeTheirs, draft)

describe('two people at one draft', () => {
  it('keeps what each of them changed', () => {
    const { draft, conflicts } = mergeDrafts(base, first({ due: '2026-12-01' }), first({ condition: 'if node negative' }))
    expect(conflicts).toEqual([])
    expect(draft.recommendations[0]).toMatchObject({ text: 'Lobectomy', due: '2026-12-01', condition: 'if node negative' })
    expect(mergeDrafts(base, changed({ summary: 'mine' }), changed({ trial_considered: 'yes' })).draft).toMatchObject({
      summary: 'mine',
      trial_considered: 'yes',
    })
  })

  it('names a field that both changed, and loses neither word', () => {
    const { draft, conflicts } = mergeDrafts(base, first({ text: 'Segmentectomy' }), first({ text: 'SBRT' }))
    expect(conflicts).toEqual([{ path: 'recommendations.0.text', mine: 'Segmentectomy', theirs: 'SBRT' }])
    expect(draft.recommendations[0]?.text).toBe('Segmentectomy')
    expect(settled(draft, conflicts).recommendations.map((one) => one.text)).toEqual(['SBRT', 'MRI'])
  })

  it('is no conflict where both wrote the same', () => {
    expect(mergeDrafts(base, changed({ summary: 'x' }), changed({ summary: 'x' })).conflicts).toEqual([])
  })

  it('does not tell fields apart by their place once somebody moved one', () => {
    const { conflicts } = mergeDrafts(base, first({ text: 'Segmentectomy' }), changed({ recommendations: [...base.recommendations].reverse() }))
    expect(conflicts.map((one) => one.path)).toEqual(['recommendations'])
    expect(settled(base, conflicts).recommendations.map((one) => one.text)).toEqual(['MRI', 'Lobectomy'])
  })

  it('keeps a dissent that somebody stated meanwhile', () => {
    const theirs = changed({ positions: [...base.positions, { user: 'b', stance: 'dissent', statement: 'No.' }] })
    const { draft, conflicts } = mergeDrafts(base, changed({ summary: 'x', positions: [] }), theirs)
    expect(conflicts).toEqual([])
    expect(draft.positions).toEqual([{ user: 'b', stance: 'dissent', statement: 'No.' }])
  })

  it('asks where one removed a position and the other changed it', () => {
    const theirs = changed({ positions: [{ user: 'a', stance: 'dissent', statement: 'No.' }] })
    const { conflicts } = mergeDrafts(base, changed({ positions: [] }), theirs)
    expect(conflicts).toEqual([{ path: 'positions.a', mine: null, theirs: theirs.positions[0] }])
    expect(settled(changed({ positions: [] }), conflicts).positions).toEqual(theirs.positions)
  })
})
