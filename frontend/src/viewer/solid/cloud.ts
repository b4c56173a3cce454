import type { VolumeGrid } from '@/geometry'

import type { VoiRange } from '../voi'
import { texelsOf, type Brick } from './brick'
import { leapsOver } from './emptySpace'
import { seenRange, transferTable, type Measure, type SolidPreset } from './presets'

/** The values of a brick as a preset shows them. */
export interface Cloud {
  readonly grid: VolumeGrid
  /** What a preset tells apart: `texels` and `table` go from its lowest to its highest value. */
  readonly range: VoiRange
  readonly texels: Uint8Array
  /** RGBA. */
  readonly table: Uint8Array
  /** How many blocks there are along column, row and slice. */
  readonly blocks: readonly [number, number, number]
  /** Of each block, how many blocks around it are clear. */
  readonly leaps: Uint8Array
}

export function cloudOf(brick: Brick, preset: SolidPreset, measure: Measure): Cloud {
  const range = seenRange(preset, brick.range, measure)
  const table = transferTable(preset, range, measure)
  return {
    grid: brick.grid,
    range,
    texels: texelsOf(brick, range),
    table,
    blocks: brick.blocks.size,
    leaps: leapsOver(brick.blocks, table, range),
  }
}
