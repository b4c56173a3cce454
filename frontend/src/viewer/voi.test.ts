import { describe, expect, it } from 'vitest'

import { CT_PRESETS, FIRST_CT_RANGE, rangeFromPixels, showsNothing, windowFromRange } from './voi'

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

describe('a window from pixels', () => {
  it('goes from the 1st to the 99th percentile', () => {
    const ramp = Array.from({ length: 1000 }, (_, i) => i)
    expect(rangeFromPixels(ramp)).toEqual({ lower: 10, upper: 989 })
  })

  it('shows the shades of a thin drawing on black', () => {
    const drawing = new Float32Array(512 * 512)
    for (let i = 0; i < 512; i += 1) drawing[511 * 512 + i] = i / 2
    expect(rangeFromPixels(drawing)).toEqual({ lower: 0, upper: 255.5 })
  })

  it('is one wide where all pixels are alike', () => {
    expect(rangeFromPixels([7, 7, NaN, 7])).toEqual({ lower: 7, upper: 8 })
  })
})
