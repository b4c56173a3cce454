import type { StackView } from '@/viewer/stackView'
import { windowFromRange } from '@/viewer/voi'

export interface WindowWords {
  readonly width: string
  readonly centre: string
  readonly lower: string
  readonly upper: string
  readonly unit: string
  /** PET is read as a range of values, everything else as width and level. */
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
    asRange: series.modality === 'PT',
  }
}
