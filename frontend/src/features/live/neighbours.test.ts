import { describe, expect, it } from 'vitest'

import type { AgendaItem } from '@/api/types'

import { CaseShelf, neighboursOf } from './neighbours'

const item = (id: string) => ({ id, case: { id: `case-${id}` } }) as AgendaItem
const agenda = ['a', 'b', 'c'].map(item)

describe('neighbouring cases', () => {
  it('are the next and the one before', () => {
    expect(neighboursOf(agenda, 'b')).toEqual(['case-c', 'case-a'])
    expect(neighboursOf(agenda, 'a')).toEqual(['case-b'])
    expect(neighboursOf(agenda, 'c')).toEqual(['case-b'])
  })

  it('before the first case, are the first one', () => {
    expect(neighboursOf(agenda, null)).toEqual(['case-a'])
    expect(neighboursOf([], null)).toEqual([])
  })
})

describe('shelf of cases', () => {
  it('keeps the tickets of the cases used last', () => {
    const shelf = new CaseShelf()
    const first = shelf.of('0')
    for (const number of [1, 2, 3, 4, 5]) shelf.of(String(number))
    expect(shelf.of('0')).toBe(first)
    shelf.of('6')
    expect(shelf.of('0')).toBe(first)
    for (const number of [10, 11, 12, 13, 14, 15]) shelf.of(String(number))
    expect(shelf.of('0')).not.toBe(first)
  })
})
