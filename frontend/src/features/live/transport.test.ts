import { describe, expect, it } from 'vitest'

import { BACKOFF_HIDDEN_MS, BACKOFF_VISIBLE_MS, JITTER_SHARE } from './timing'
import { backoffMs } from './transport'

describe('LIVE-B3 backoff', () => {
  const middle = (): number => 0.5

  it('starts at half a second and stays at two while somebody looks', () => {
    expect([0, 1, 2, 3, 20].map((attempt) => backoffMs(attempt, true, middle))).toEqual([
      500, 1000, 2000, 2000, 2000,
    ])
  })

  it('slows down to five minutes in a hidden window', () => {
    expect(backoffMs(30, false, middle)).toBe(BACKOFF_HIDDEN_MS)
  })

  it('spreads the room so that it does not come back as one', () => {
    expect(backoffMs(9, true, () => 0)).toBeCloseTo(BACKOFF_VISIBLE_MS * (1 - JITTER_SHARE))
    expect(backoffMs(9, true, () => 1)).toBeCloseTo(BACKOFF_VISIBLE_MS * (1 + JITTER_SHARE))
  })
})
