import type { Basis } from '@/viewer/calibration'
import type { FrameDescription } from '@/viewer/frames'
import type { StackView } from '@/viewer/stackView'
import { windowFromRange } from '@/viewer/voi'

export interface WindowWords {
  readonly width: string
  readonly centre: string
  readonly lower: string
  readonly upper: string
  readonly unit: string
  /** PET and maps are read as a range of values, everything else as width and level. */
  readonly asRange: boolean
}

const short = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString()

export function windowWords(view: StackView): WindowWords | null {
  const { voi, series } = view.state
  if (voi === null || series === null) return null
  const { centre, width } = windowFromRange(voi)
  const fine = voi.upper - voi.lower < 20
  return {
    width: short(fine ? voi.upper - voi.lower : width),
    centre: short(fine ? (voi.upper + voi.lower) / 2 : centre),
    lower: short(voi.lower),
    upper: short(voi.upper),
    unit: series.unit,
    asRange: series.modality === 'PT' || series.map !== null,
  }
}

/** What lengths on a picture without patient space are lengths of: a key of the catalogue. */
export function lengthsWithin({
  calibration,
  slide,
}: FrameDescription): `lengths.${Basis | 'pixels' | 'slide'}` {
  if (slide !== null && calibration.scale !== null) return 'lengths.slide'
  if (calibration.regions.length > 0) return 'lengths.region'
  return calibration.scale === null ? 'lengths.pixels' : `lengths.${calibration.scale.basis}`
}
