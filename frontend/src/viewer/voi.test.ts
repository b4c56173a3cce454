import { describe, expect, it } from 'vitest'

import { CT_PRESETS, FIRST_CT_RANGE, showsNothing, windowFromRange } from './voi'

describe('a window that shows nothing', () => {
  it('has every value at or beyond one of its ends', () => {
    expect(showsNothing(FIRST_CT_RANGE, { minPixelValue: -1024, maxPixelValue: -160 })).toBe(true)
    expect(showsNothing(FIRST_CT_RANGE, { minPixelValue: 239, maxPixelValue: 3000 })).toBe(true)
    expect(showsNothing(FIRST_CT_RANGE, { minPixelValue: -1024, maxPixelValue: -159 })).toBe(false)
    expect(showsNothing(FIRST_CT_RANGE, { minPixelValue: 0, maxPixelValue: 80 })).toBe(false)
  })
})

describe('the window a CT opens with', () => {
  it('is the preset on its key, and is told as that', () => {
    expect(FIRST_CT_RANGE).toEqual(CT_PRESETS[0]?.range)
    expect(windowFromRange(FIRST_CT_RANGE)).toEqual({ centre: 40, width: 400 })
  })
})
