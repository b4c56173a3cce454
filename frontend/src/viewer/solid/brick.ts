import { length, voxelToPatient, type Vec3, type VolumeGrid } from '@/geometry'

import type { VoiRange } from '../voi'
import type { Volume } from '../volume/sampling'
import { blockRanges, type BlockRanges } from './emptySpace'

/** A volume as the graphics card gets it: coarser where it must be. No value is read from it. */
export interface Brick {
  readonly grid: VolumeGrid
  /** Modality values, column fastest. */
  readonly values: Float32Array
  readonly range: VoiRange
  readonly blocks: BlockRanges
  /** How many voxels along column, row and slice became one. */
  readonly factors: Vec3
}

/** Joins voxels along whichever axis is finest until no more than `most` are left. */
export function factorsFor(grid: VolumeGrid, most: number): Vec3 {
  const edges = [grid.column_mm, grid.row_mm, grid.slice_mm].map(length)
  const factors = [1, 1, 1]
  const sizes = (): number[] => grid.size.map((count, axis) => Math.ceil(count / (factors[axis] ?? 1)))
  while (sizes().reduce((product, count) => product * count, 1) > most) {
    const now = edges.map((edge, axis) =>
      (sizes()[axis] ?? 1) > 1 ? edge * (factors[axis] ?? 1) : Infinity,
    )
    const finest = now.indexOf(Math.min(...now))
    factors[finest] = (factors[finest] ?? 1) + 1
  }
  return [factors[0] ?? 1, factors[1] ?? 1, factors[2] ?? 1]
}

/** The mean of each block of voxels, so that nothing thin falls between samples. */
export function brickOf({ grid, values }: Volume, most: number): Brick {
  const factors = factorsFor(grid, most)
  const [fi, fj, fk] = factors
  const [ni, nj, nk] = grid.size
  const [mi, mj, mk] = [Math.ceil(ni / fi), Math.ceil(nj / fj), Math.ceil(nk / fk)]
  const out = new Float32Array(mi * mj * mk)
  let [lower, upper] = [Infinity, -Infinity]
  let at = 0
  for (let k = 0; k < mk; k += 1) {
    const lastK = Math.min(nk, (k + 1) * fk)
    for (let j = 0; j < mj; j += 1) {
      const lastJ = Math.min(nj, (j + 1) * fj)
      for (let i = 0; i < mi; i += 1) {
        const lastI = Math.min(ni, (i + 1) * fi)
        let sum = 0
        let count = 0
        for (let z = k * fk; z < lastK; z += 1)
          for (let y = j * fj; y < lastJ; y += 1) {
            const row = (z * nj + y) * ni
            for (let x = i * fi; x < lastI; x += 1) {
              sum += values[row + x] ?? 0
              count += 1
            }
          }
        const mean = sum / count
        if (mean < lower) lower = mean
        if (mean > upper) upper = mean
        out[at] = mean
        at += 1
      }
    }
  }
  if (!(upper > lower)) upper = lower + 1
  const by = (vector: Vec3, factor: number): Vec3 => [
    vector[0] * factor,
    vector[1] * factor,
    vector[2] * factor,
  ]
  return {
    grid: {
      origin_lps: voxelToPatient(grid, [(fi - 1) / 2, (fj - 1) / 2, (fk - 1) / 2]),
      column_mm: by(grid.column_mm, fi),
      row_mm: by(grid.row_mm, fj),
      slice_mm: by(grid.slice_mm, fk),
      size: [mi, mj, mk],
    },
    values: out,
    range: { lower, upper },
    blocks: blockRanges(out, [mi, mj, mk]),
    factors,
  }
}

/**
 * Values as the card gets them: eight bits over `range`, which is what a preset lets be seen. Half of
 * the work of sixteen bits where the processor plays the card.
 */
export function texelsOf({ values }: Pick<Brick, 'values'>, { lower, upper }: VoiRange): Uint8Array {
  const texels = new Uint8ClampedArray(values.length)
  const scale = 255 / (upper - lower)
  for (let n = 0; n < texels.length; n += 1) texels[n] = ((values[n] ?? 0) - lower) * scale
  return new Uint8Array(texels.buffer)
}
