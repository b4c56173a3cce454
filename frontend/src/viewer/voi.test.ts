import { describe, expect, it } from 'vitest'

import { FIRST_CT_RANGE, showsNothing } from './voi'

describe('a window that shows nothing', () => {
  it('has every value at or beyond one of its ends', () => {
    expect(showsNothing(FIRST_CT_RANGE, { minPixelValue: -1024, maxPixelValue: -160 })).toBe(true)
    expect(showsNothing(FIRST_CT_RANGE, { minPixelValue: 240, maxPixelValue: 3000 })).toBe(true)
    expect(showsNothing(FIRST_CT_RANGE, { minPixelValue: -1024, maxPixelValue: -159 })).toBe(false)
    expect(showsNothing(FIRST_CT_RANGE, { minPixelValue: 0, maxPixelValue: 80 })).toBe(false)
  })
})
