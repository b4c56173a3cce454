import { describe, expect, it } from 'vitest'

import { levelsFrom, levelsText } from './levels'

describe('isodose levels', () => {
  it('are per cent of the reference, or Gy', () => {
    expect(levelsFrom('100, 95 50', 54)).toEqual([54, expect.closeTo(51.3), 27])
    expect(levelsFrom('20;5.5', null)).toEqual([20, 5.5])
    expect(levelsText([54, 51.3], 54)).toBe('100, 95')
    expect(levelsText([51.3], null)).toBe('51.3')
  })

  it('are refused as a whole where a part is none', () => {
    expect(levelsFrom('95, x', 54)).toBeNull()
    expect(levelsFrom('-3', null)).toBeNull()
    expect(levelsFrom('', 54)).toEqual([])
  })
})
