import { describe, expect, it } from 'vitest'

import { draftBody, draftGaps, emptyDraft, emptyRecommendation, reorder } from './boards'
import type { AgendaItem } from './types'

const item = (id: string, position: number) => ({ id, position }) as AgendaItem
const order = (items: AgendaItem[]) => items.map((entry) => `${entry.position}${entry.id}`).join(' ')

describe('reorder', () => {
  const agenda = [item('c', 3), item('a', 1), item('b', 2)]
  it.each([
    ['a', 3, '1b 2c 3a'],
    ['c', 1, '1c 2a 3b'],
    ['b', 2, '1a 2b 3c'],
    ['b', 99, '1a 2c 3b'],
    ['x', 1, '1a 2b 3c'],
  ])('%s to %i', (id, position, expected) => {
    expect(order(reorder(agenda, id, position))).toBe(expected)
  })
})

describe('a decision draft', () => {
  it('starts with nothing chosen for anybody', () => {
    expect(emptyDraft()).toMatchObject({ consensus: '', positions: [] })
    expect(draftGaps(emptyDraft())).toEqual(['recommendation', 'consensus'])
  })

  it('asks for the words of a dissent', () => {
    const draft = {
      ...emptyDraft(),
      recommendations: [emptyRecommendation({ text: 'Lobectomy', intent: '', responsible: null, due: null })],
      consensus: 'majority' as const,
      positions: [{ user: 'u', stance: 'dissent' as const, statement: '  ' }],
    }
    expect(draftGaps(draft)).toEqual(['dissent'])
    expect(draftGaps({ ...draft, positions: [{ user: 'u', stance: 'dissent', statement: 'N2 is not excluded.' }] })).toEqual([])
  })

  it('leaves empty recommendations and an empty intent out of what is sent', () => {
    const body = draftBody({
      ...emptyDraft(),
      recommendations: [
        emptyRecommendation({ text: ' Lobectomy ', intent: '', responsible: null, due: '' }),
        emptyRecommendation({ text: '  ', intent: 'curative', responsible: null, due: null }),
      ],
    })
    expect(body.recommendations).toEqual([expect.objectContaining({ text: 'Lobectomy', responsible: null, due: null })])
    expect(body.recommendations[0]).not.toHaveProperty('intent')
  })
})
