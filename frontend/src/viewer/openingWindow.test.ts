import { describe, expect, it, vi } from 'vitest'

import type { FrameImage } from './decoding/frameImage'
import type { FrameDescription } from './frames'
import { isGuess, OpeningWindow } from './openingWindow'
import { EMPTY, type ViewState } from './viewState'
import { FIRST_CT_RANGE, type VoiWindow } from './voi'

vi.mock('./preview', () => ({ isPreview: (image: { drawn?: boolean }) => image.drawn === true }))

const NO_WINDOW = { voi: null } as FrameDescription
const SOFT: VoiWindow = { ...FIRST_CT_RANGE, invert: false }

function imageOf(values: number[], drawn = false): FrameImage {
  return {
    color: false, drawn, getPixelData: () => Int16Array.from(values),
    minPixelValue: Math.min(...values), maxPixelValue: Math.max(...values),
  } as unknown as FrameImage
}

const before = (voi: VoiWindow | null): ViewState => ({ ...EMPTY, voi })
const after = (voi: VoiWindow): ViewState => ({ ...EMPTY, voi, shown_index: 0 })
const NOISE = Array.from({ length: 1000 }, (_, n) => -1024 + (n % 255))

describe('the window of a series whose file names none', () => {
  it('is the guess, where that shows something', () => {
    const opening = new OpeningWindow()
    expect(opening.for(before(SOFT), NO_WINDOW, imageOf([-1000, 60]))).toEqual(SOFT)
  })

  it('comes from the picture, where the guess would show nothing', () => {
    const { lower, upper } = new OpeningWindow().for(before(SOFT), NO_WINDOW, imageOf(NOISE))
    expect(lower).toBeCloseTo(-1022, -1)
    expect(upper).toBeCloseTo(-772, -1)
  })

  it('does not stay what a picture of the server suggested, which holds none of the values', () => {
    const opening = new OpeningWindow()
    const suggested = opening.for(before(SOFT), NO_WINDOW, imageOf(NOISE.map(() => -360), true))
    const found = opening.for(after(suggested), NO_WINDOW, imageOf(NOISE))
    expect(found.upper - found.lower).toBeGreaterThan(200)
    // From then on it is the viewer's.
    expect(opening.for(after(found), NO_WINDOW, imageOf([0, 4000]))).toBe(found)
  })

  it('is the hand that moved it, whatever comes after the suggestion', () => {
    const opening = new OpeningWindow()
    opening.for(before(SOFT), NO_WINDOW, imageOf(NOISE.map(() => -360), true))
    const chosen = { lower: -900, upper: -800, invert: false }
    expect(opening.for(after(chosen), NO_WINDOW, imageOf(NOISE))).toBe(chosen)
  })

  it('is no guess where the file names one', () => {
    expect(isGuess(SOFT, NO_WINDOW)).toBe(true)
    expect(isGuess(SOFT, { voi: { lower: 0, upper: 1 } } as FrameDescription)).toBe(false)
  })
})
