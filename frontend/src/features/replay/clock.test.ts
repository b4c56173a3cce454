import { describe, expect, it } from 'vitest'

import { advance, silencesOf, stepSpeed } from './clock'

const plain = { speed: 1, end_ms: 100_000, silences: [] }

describe('clock of the player', () => {
  it('goes on at its speed and stops at the end', () => {
    expect(advance(1_000, 16, plain)).toBe(1_016)
    expect(advance(1_000, 16, { ...plain, speed: 8 })).toBe(1_128)
    expect(advance(1_000, 16, { ...plain, speed: 0.5 })).toBe(1_008)
    expect(advance(99_990, 16, plain)).toBe(100_000)
  })

  it('never goes back where the clock of this computer does', () => {
    expect(advance(1_000, -50, plain)).toBe(1_000)
  })

  it('finds silences between what happened, and at the end', () => {
    expect(silencesOf([0, 4_000, 30_000], 60_000)).toEqual([
      { from_ms: 5_000, to_ms: 29_000 },
      { from_ms: 31_000, to_ms: 59_000 },
    ])
    expect(silencesOf([], 1_000)).toEqual([])
  })

  it('passes over silences, several in one step too', () => {
    const silences = silencesOf([0, 20_000, 40_000], 40_500)
    expect(silences).toHaveLength(2)
    const to = (elapsed: number, from = 0) => advance(from, elapsed, { ...plain, silences })
    expect(to(900)).toBe(900)
    expect(to(1_500)).toBe(19_500)
    expect(to(4_000)).toBe(40_000)
    // Placed into a silence by hand: it is passed over at once.
    expect(to(100, 10_000)).toBe(19_100)
  })

  it('has a slowest and a fastest pace', () => {
    expect(stepSpeed(1, 1)).toBe(2)
    expect(stepSpeed(8, 1)).toBe(8)
    expect(stepSpeed(0.5, -1)).toBe(0.5)
  })
})
