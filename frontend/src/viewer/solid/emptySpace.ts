import type { VoiRange } from '../voi'
import { TABLE_SIZE } from './presets'

/** Edge of a block, in voxels. Small enough to lie between ribs, large enough to be leapt over. */
export const BLOCK = 4
const FARTHEST = 255
/** The card has values in eight bits: half of such a step, in entries of a table. */
const SLACK = Math.ceil(TABLE_SIZE / 255 / 2)

/** Lowest and highest value of each block of voxels. */
export interface BlockRanges {
  readonly size: readonly [number, number, number]
  readonly low: Float32Array
  readonly high: Float32Array
}

/**
 * Ranges of blocks of `values`. A block reaches one voxel beyond itself, because what lies
 * between its last voxel and the next one is made of both.
 */
export function blockRanges(
  values: Float32Array,
  [ni, nj, nk]: readonly [number, number, number],
): BlockRanges {
  const size = [Math.ceil(ni / BLOCK), Math.ceil(nj / BLOCK), Math.ceil(nk / BLOCK)] as const
  const low = new Float32Array(size[0] * size[1] * size[2])
  const high = new Float32Array(low.length)
  let at = 0
  for (let bk = 0; bk < size[2]; bk += 1)
    for (let bj = 0; bj < size[1]; bj += 1)
      for (let bi = 0; bi < size[0]; bi += 1) {
        let [lowest, highest] = [Infinity, -Infinity]
        const [i0, i1] = [Math.max(0, bi * BLOCK - 1), Math.min(ni, (bi + 1) * BLOCK + 1)]
        const [j0, j1] = [Math.max(0, bj * BLOCK - 1), Math.min(nj, (bj + 1) * BLOCK + 1)]
        const [k0, k1] = [Math.max(0, bk * BLOCK - 1), Math.min(nk, (bk + 1) * BLOCK + 1)]
        for (let k = k0; k < k1; k += 1)
          for (let j = j0; j < j1; j += 1) {
            const row = (k * nj + j) * ni
            for (let i = i0; i < i1; i += 1) {
              const value = values[row + i] ?? 0
              if (value < lowest) lowest = value
              if (value > highest) highest = value
            }
          }
        low[at] = lowest
        high[at] = highest
        at += 1
      }
  return { size, low, high }
}

/**
 * How many blocks lie between each block and the nearest that a table lets be seen, in the largest
 * of the three directions (Chebyshev), 0 for a block that is seen itself. Two passes over the 26
 * neighbours are exact (Borgefors 1986).
 */
export function leapsOver(
  { size, low, high }: BlockRanges,
  table: Uint8Array,
  { lower, upper }: VoiRange,
): Uint8Array {
  const entryOf = (value: number): number =>
    Math.max(0, Math.min(1, (value - lower) / (upper - lower))) * (TABLE_SIZE - 1)
  const opaqueUpTo = new Uint32Array(TABLE_SIZE + 1)
  for (let n = 0; n < TABLE_SIZE; n += 1)
    opaqueUpTo[n + 1] = (opaqueUpTo[n] ?? 0) + ((table[n * 4 + 3] ?? 0) > 0 ? 1 : 0)
  const leaps = new Uint8Array(low.length)
  for (let n = 0; n < leaps.length; n += 1) {
    const from = Math.max(0, Math.floor(entryOf(low[n] ?? 0)) - SLACK)
    const to = Math.min(TABLE_SIZE, Math.ceil(entryOf(high[n] ?? 0)) + SLACK + 1)
    leaps[n] = (opaqueUpTo[to] ?? 0) > (opaqueUpTo[from] ?? 0) ? 0 : FARTHEST
  }
  sweep(leaps, size, 1)
  sweep(leaps, size, -1)
  return leaps
}

function sweep(leaps: Uint8Array, size: BlockRanges['size'], way: 1 | -1): void {
  const [ni, nj, nk] = size
  const before = NEIGHBOURS.map(([i, j, k]) => [i * way, j * way, k * way] as const)
  const last = leaps.length - 1
  for (let n = 0; n <= last; n += 1) {
    const at = way === 1 ? n : last - n
    let nearest = leaps[at] ?? 0
    if (nearest === 0) continue
    const i = at % ni
    const j = Math.floor(at / ni) % nj
    const k = Math.floor(at / (ni * nj))
    for (const [di, dj, dk] of before) {
      const [x, y, z] = [i + di, j + dj, k + dk]
      if (x < 0 || y < 0 || z < 0 || x >= ni || y >= nj || z >= nk) continue
      nearest = Math.min(nearest, (leaps[(z * nj + y) * ni + x] ?? 0) + 1)
    }
    leaps[at] = nearest
  }
}

/** The 13 neighbours that a sweep has been at before. */
const NEIGHBOURS: readonly (readonly [number, number, number])[] = [-1, 0, 1]
  .flatMap((k) => [-1, 0, 1].flatMap((j) => [-1, 0, 1].map((i) => [i, j, k] as const)))
  .filter(([i, j, k]) => k < 0 || (k === 0 && (j < 0 || (j === 0 && i < 0))))
