import { along, type ImagePlane, type Vec3 } from '@/geometry'

import type { VoiRange } from '../voi'
import { finestEdge_mm, samplePlane, type Volume } from '../volume/sampling'
import { TABLE_SIZE } from './presets'

/** A look into a volume, and what is opaque in it. */
export interface Look {
  readonly through: Vec3
  /** Away from the eye. */
  readonly direction: Vec3
  readonly length_mm: number
  /** As `transferTable` makes it, over `range`. */
  readonly table: Uint8Array
  readonly range: VoiRange
}

/** What lets half of the light through is taken for what is seen. */
const SEEN = 0.5

/** The first place on a ray that is seen, on the full volume; null where all is clear. */
export function firstSeen(volume: Volume, look: Look): Vec3 | null {
  const { through, direction, length_mm, table, range } = look
  const step_mm = finestEdge_mm(volume.grid) / 2
  const reach = Math.ceil(length_mm / step_mm)
  const start = along(through, direction, -reach * step_mm, direction, 0)
  const ray: ImagePlane = {
    origin_lps: start,
    column_step: direction,
    row_step: [0, 0, 0],
    normal: [0, 0, 0],
    column_spacing_mm: step_mm,
    row_spacing_mm: 0,
    columns: 2 * reach + 1,
    rows: 1,
  }
  let light = 1
  const found = samplePlane(volume, ray).findIndex((value) => {
    if (Number.isNaN(value)) return false
    const share = (value - range.lower) / (range.upper - range.lower)
    const entry = Math.round(Math.max(0, Math.min(1, share)) * (TABLE_SIZE - 1))
    light *= (1 - (table[entry * 4 + 3] ?? 0) / 255) ** step_mm
    return light < SEEN
  })
  return found < 0 ? null : along(start, direction, found * step_mm, direction, 0)
}
