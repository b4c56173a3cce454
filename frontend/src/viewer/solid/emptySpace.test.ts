import { describe, expect, it } from 'vitest'

import { BLOCK, blockRanges, leapsOver } from './emptySpace'
import { seenRange, TABLE_SIZE, transferTable } from './presets'

const SIZE = [21, 14, 18] as const
const RANGE = { lower: 0, upper: 100 }

/** Opaque from the middle of the range on. */
const TABLE = Uint8Array.from({ length: TABLE_SIZE * 4 }, (_, n) =>
  n % 4 === 3 && n / 4 > TABLE_SIZE / 2 ? 200 : 0,
)

const volumeWith = (places: readonly (readonly [number, number, number])[]): Float32Array => {
  const values = new Float32Array(SIZE[0] * SIZE[1] * SIZE[2])
  for (const [i, j, k] of places) values[(k * SIZE[1] + j) * SIZE[0] + i] = 100
  return values
}

describe('leaps over empty space', () => {
  it('are the Chebyshev distance of each block to the nearest that is seen', () => {
    const places = [
      [1, 2, 2],
      [18, 12, 9],
    ] as const
    const blocks = blockRanges(volumeWith(places), SIZE)
    const leaps = leapsOver(blocks, TABLE, RANGE)
    const [ni, nj] = blocks.size
    // A block counts if any voxel that it mixes in, one beyond itself, is seen.
    const isSeen = (block: readonly number[]): boolean =>
      places.some((place) =>
        place.every((at, axis) => {
          const from = (block[axis] ?? 0) * BLOCK
          return at >= from - 1 && at <= from + BLOCK
        }),
      )
    const all = Array.from(leaps, (_, n) => [n % ni, Math.floor(n / ni) % nj, Math.floor(n / ni / nj)])
    const seen = all.filter(isSeen)
    expect(seen.length).toBeGreaterThan(1)
    const expected = all.map((block) =>
      Math.min(
        ...seen.map((other) => Math.max(...other.map((at, axis) => Math.abs(at - (block[axis] ?? 0))))),
      ),
    )
    expect(Array.from(leaps)).toEqual(expected)
  })

  it('go all the way where nothing is seen, and nowhere where all is', () => {
    expect(new Set(leapsOver(blockRanges(volumeWith([]), SIZE), TABLE, RANGE))).toEqual(new Set([255]))
    const full = blockRanges(volumeWith([]).fill(90), SIZE)
    expect(new Set(leapsOver(full, TABLE, RANGE))).toEqual(new Set([0]))
  })
})

describe('what a preset tells apart', () => {
  const HU = { unit: 'HU', whole: { lower: -1024, upper: 3071 } }

  it('reaches beyond its first and last value, so that noise is not cut off at a threshold', () => {
    const { lower, upper } = seenRange('ct_bone', HU.whole, HU)
    expect(lower).toBeCloseTo(130 - 0.2 * 1870)
    expect(upper).toBeCloseTo(2000 + 0.2 * 1870)
    const table = transferTable('ct_bone', { lower, upper }, HU)
    expect([table[3], table.at(-1)]).toEqual([0, Math.round(0.9 * 255)])
  })

  it('reaches no further than the values do', () => {
    expect(seenRange('ct_bone', { lower: 0, upper: 700 }, HU)).toEqual({ lower: 0, upper: 700 })
  })

  it('goes by the share of the whole range where the unit says nothing', () => {
    const MR = { unit: null, whole: { lower: 100, upper: 1100 } }
    const { lower } = seenRange('mr', { lower: 0, upper: 2000 }, MR)
    expect(lower).toBeCloseTo(100 + 1000 * (0.12 - 0.2 * 0.88))
  })
})
