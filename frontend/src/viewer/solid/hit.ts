import type { Vec3 } from '@/geometry'

import type { VoiRange } from '../voi'
import { rayThrough } from '../volume/ray'
import { samplePlane, type Volume } from '../volume/sampling'
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
  const ray = rayThrough(volume, through, direction, length_mm)
  let light = 1
  const found = samplePlane(volume, ray.plane).findIndex((value) => {
    if (Number.isNaN(value)) return false
    const share = (value - range.lower) / (range.upper - range.lower)
    const entry = Math.round(Math.max(0, Math.min(1, share)) * (TABLE_SIZE - 1))
    light *= (1 - (table[entry * 4 + 3] ?? 0) / 255) ** ray.step_mm
    return light < SEEN
  })
  return found < 0 ? null : ray.at(found)
}
