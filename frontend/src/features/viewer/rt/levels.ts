/** Isodoses that planners look at, in per cent of the prescription. */
export const USUAL_LEVELS_PERCENT = [100, 95, 80, 50, 20]
const MOST_LEVELS = 12

/**
 * Levels in Gy out of what somebody typed: numbers apart by commas or blanks, per cent of
 * `reference_gy` or, without one, Gy. Null where a part of it is no level.
 */
export function levelsFrom(text: string, reference_gy: number | null): number[] | null {
  const parts = text.split(/[\s,;]+/).filter(Boolean)
  const values = parts.map(Number)
  if (values.length > MOST_LEVELS || values.some((value) => !(value > 0))) return null
  const unit = reference_gy === null ? 1 : reference_gy / 100
  return values.map((value) => value * unit)
}

export const levelsText = (levels_gy: readonly number[], reference_gy: number | null): string =>
  levels_gy
    .map((level) => Number((reference_gy === null ? level : (level / reference_gy) * 100).toFixed(2)))
    .join(', ')
