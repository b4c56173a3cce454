import type { MeasurementBody } from '@/protocol/generated'
import type { Basis } from '@/viewer/calibration'

type Values = MeasurementBody['values']
type Value = Values[number]

/** Words for what the catalogue has words for; without them the codes stand. */
export interface ValueWords {
  /** What millimetres are of: never left out where they are not the patient's. */
  readonly basis?: (basis: Basis) => string
  readonly problem?: (code: string) => string
  readonly mean?: string
  readonly range?: string
  readonly pixels?: string
  readonly stored?: string
}

const SIGNS: Readonly<Record<string, string>> = { mm2: 'mm²', px2: 'px²', deg: '°' }
const SIZES = ['length', 'long_axis', 'short_axis']
const MINUS = '−'

/** As many digits as the unit deserves, with a real minus. */
function figure({ value, unit }: Value): string {
  if (unit === 'mapped') return ofMap(value)
  const isLargeArea = unit.endsWith('2') && value >= 100
  const digits = unit === 'SUVbw' || unit === 'Gy' ? 2 : isLargeArea ? 0 : 1
  const text = Math.abs(value).toFixed(digits)
  return value < 0 && Number(text) !== 0 ? MINUS + text : text
}

/** A map's numbers may be of any size: three digits that count. */
function ofMap(value: number): string {
  const size = Math.abs(value)
  const text = size >= 1000 ? size.toFixed(0) : String(Number(size.toPrecision(3)))
  return value < 0 && Number(text) !== 0 ? MINUS + text : text
}

const unitOf = ({ unit, ucum }: Value, words: ValueWords): string => {
  if (unit === 'mapped') return ucum ?? ''
  return unit === 'stored' ? (words.stored ?? '') : (SIGNS[unit] ?? unit)
}

const withUnit = (numbers: string, value: Value, words: ValueWords): string =>
  value.unit === 'deg' ? `${numbers}°` : `${numbers} ${unitOf(value, words)}`.trim()

/** The server's values, a line each, never without the unit; the first is the main one. */
export function valueLines(
  { values, problem }: Pick<MeasurementBody, 'values' | 'problem'>,
  words: ValueWords = {},
): string[] {
  const of = (quantity: string): Value | undefined =>
    values.find((value) => value.quantity === quantity)
  const lines: string[] = []
  const sizes = SIZES.map(of).filter((value) => value !== undefined)
  const [size] = sizes
  const basis = (value: Value): string => {
    const told = value.basis ? words.basis?.(value.basis) : ''
    return told ? ` (${told})` : ''
  }
  if (size) lines.push(withUnit(sizes.map(figure).join(' × '), size, words) + basis(size))
  for (const quantity of ['angle', 'value', 'area']) {
    const value = of(quantity)
    if (value) lines.push(withUnit(figure(value), value, words) + basis(value))
  }
  const [mean, deviation] = [of('mean'), of('standard_deviation')]
  if (mean && deviation) {
    const numbers = `${figure(mean)} ± ${figure(deviation)}`
    lines.push(`${words.mean ?? 'mean'} ${withUnit(numbers, mean, words)}`)
  }
  const [low, high, count] = [of('minimum'), of('maximum'), of('count')]
  if (low && high && count) {
    const range = `${figure(low)} … ${figure(high)}`
    lines.push(`${words.range ?? 'range'} ${range} · ${count.value} ${words.pixels ?? 'pixels'}`)
  }
  if (problem && words.problem) lines.push(words.problem(problem))
  return lines
}

export const valuesText = (
  measured: Pick<MeasurementBody, 'values' | 'problem'>,
  words: ValueWords = {},
): string => valueLines(measured, words).join('\n') || '–'
