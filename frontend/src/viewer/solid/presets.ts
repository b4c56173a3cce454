import type { SeriesDescription } from '../frames'
import type { VoiRange } from '../voi'

/** How values become colour and opacity. `surfaces` draws no values at all. */
export type SolidPreset =
  | 'ct_bone'
  | 'ct_soft_tissue'
  | 'ct_lung'
  | 'ct_vessels'
  | 'mr'
  | 'pet'
  | 'surfaces'

/** Value, red, green, blue (0 to 255), and the opacity of one millimetre of it. */
type Stop = readonly [value: number, red: number, green: number, blue: number, opacity: number]

/** In HU, in SUV, or in parts of the values' own range where the unit says nothing. */
interface Transfer {
  readonly scale: 'HU' | 'SUV' | 'share'
  readonly stops: readonly Stop[]
}

const TRANSFERS: Readonly<Record<Exclude<SolidPreset, 'surfaces'>, Transfer>> = {
  ct_bone: {
    scale: 'HU',
    stops: [
      [130, 176, 120, 88, 0],
      [220, 206, 160, 122, 0.05],
      [400, 236, 214, 180, 0.3],
      [900, 252, 244, 228, 0.75],
      [2000, 255, 252, 246, 0.9],
    ],
  },
  ct_soft_tissue: {
    scale: 'HU',
    stops: [
      [-20, 206, 150, 110, 0],
      [20, 190, 96, 78, 0.05],
      [70, 206, 98, 82, 0.16],
      [160, 226, 150, 122, 0.2],
      [300, 244, 226, 198, 0.4],
      [1200, 255, 248, 236, 0.8],
    ],
  },
  ct_lung: {
    scale: 'HU',
    stops: [
      [-980, 60, 90, 120, 0],
      [-760, 120, 170, 204, 0.004],
      [-600, 150, 196, 224, 0.03],
      [-450, 214, 226, 232, 0.1],
      [-300, 230, 214, 208, 0.02],
      [-150, 220, 190, 170, 0],
    ],
  },
  ct_vessels: {
    scale: 'HU',
    stops: [
      [110, 140, 26, 20, 0],
      [180, 196, 44, 34, 0.08],
      [300, 226, 78, 56, 0.35],
      [500, 242, 176, 140, 0.55],
      [900, 252, 240, 222, 0.8],
    ],
  },
  mr: {
    scale: 'share',
    stops: [
      [0.12, 70, 62, 60, 0],
      [0.3, 150, 122, 106, 0.02],
      [0.55, 206, 178, 156, 0.08],
      [0.8, 240, 226, 206, 0.2],
      [1, 255, 252, 244, 0.35],
    ],
  },
  pet: {
    scale: 'SUV',
    stops: [
      [0.6, 70, 0, 0, 0],
      [1.5, 140, 10, 0, 0.012],
      [3, 226, 70, 0, 0.06],
      [6, 255, 170, 30, 0.22],
      [10, 255, 255, 220, 0.5],
    ],
  },
}

export function presetsOf(series: SeriesDescription | null): readonly SolidPreset[] {
  if (series === null) return []
  if (series.unit === 'HU') return ['ct_bone', 'ct_soft_tissue', 'ct_vessels', 'ct_lung', 'surfaces']
  return [series.modality === 'PT' || series.modality === 'NM' ? 'pet' : 'mr', 'surfaces']
}

/** SUV presets of a PET without SUV go by its own range: ten SUV stand for all of it. */
const WHOLE_SUV = 10
export const TABLE_SIZE = 1024
const ROOM = 0.2

/** What a preset's scale is measured by: the unit of the values, and what stands for the whole scale without one. */
export interface Measure {
  readonly unit: string | null
  readonly whole: VoiRange
}

/** A place on a preset's scale is `value * gain + offset`. */
function scaleOf(preset: keyof typeof TRANSFERS, { unit, whole }: Measure) {
  const { scale } = TRANSFERS[preset]
  if (scale === 'HU' || (scale === 'SUV' && unit?.startsWith('SUV'))) return { gain: 1, offset: 0 }
  const gain = (scale === 'SUV' ? WHOLE_SUV : 1) / Math.max(1e-9, whole.upper - whole.lower)
  return { gain, offset: -whole.lower * gain }
}

/**
 * The values that a preset tells apart, of those in `range`, with room at both ends: beyond them all
 * are alike. Without that room, noise cut off at a threshold would lift the mean between voxels over it.
 */
export function seenRange(preset: SolidPreset, range: VoiRange, measure: Measure): VoiRange {
  if (preset === 'surfaces') return range
  const { stops } = TRANSFERS[preset]
  const { gain, offset } = scaleOf(preset, measure)
  const [first, last] = [stops[0]?.[0] ?? 0, stops.at(-1)?.[0] ?? 0]
  const room = (last - first) * ROOM
  const lower = Math.max(range.lower, (first - room - offset) / gain)
  const upper = Math.min(range.upper, (last + room - offset) / gain)
  return upper > lower ? { lower, upper } : range
}

/** Colours and opacities of `TABLE_SIZE` values from the lowest to the highest of `range`, RGBA. */
export function transferTable(preset: SolidPreset, range: VoiRange, measure: Measure): Uint8Array {
  const table = new Uint8Array(TABLE_SIZE * 4)
  if (preset === 'surfaces') return table
  const { stops } = TRANSFERS[preset]
  const { gain, offset } = scaleOf(preset, measure)
  for (let at = 0; at < TABLE_SIZE; at += 1) {
    const value = range.lower + ((range.upper - range.lower) * at) / (TABLE_SIZE - 1)
    table.set(colourAt(stops, value * gain + offset), at * 4)
  }
  return table
}

function colourAt(stops: readonly Stop[], value: number): number[] {
  const above = stops.findIndex(([at]) => at > value)
  const [first] = stops
  const last = stops[stops.length - 1]
  if (first === undefined || last === undefined) return [0, 0, 0, 0]
  if (above === 0) return [first[1], first[2], first[3], 0]
  const high = above < 0 ? last : (stops[above] ?? last)
  const low = above < 0 ? last : (stops[above - 1] ?? first)
  const share = high === low ? 0 : (value - low[0]) / (high[0] - low[0])
  const mixed = ([1, 2, 3, 4] as const).map((part) => low[part] + (high[part] - low[part]) * share)
  return [...mixed.slice(0, 3), (mixed[3] ?? 0) * 255].map(Math.round)
}
