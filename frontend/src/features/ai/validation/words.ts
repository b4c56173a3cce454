import type { Estimate, Spread, ValidationRun } from '@/api/validation'
import type { Tone } from '@/ui/Chip'

export const NOTHING = '–'

export const figure = (value: number | null | undefined, digits: number): string => (value === null || value === undefined ? NOTHING : value.toFixed(digits))

/** "0.857 (0.487 to 0.974)"; without an interval the number alone. */
export function interval(estimate: Estimate | undefined, digits: number): string {
  if (!estimate || estimate.value === null) return NOTHING
  const value = figure(estimate.value, digits)
  if (estimate.lower === null || estimate.upper === null) return value
  return `${value} (${figure(estimate.lower, digits)} to ${figure(estimate.upper, digits)})`
}

export const quartiles = (spread: Spread, digits: number): string =>
  spread.lower_quartile === null ? NOTHING : `${figure(spread.lower_quartile, digits)} to ${figure(spread.upper_quartile, digits)}`

export const TONES: Record<ValidationRun['state'], Tone> = {
  queued: 'neutral',
  running: 'accent',
  finished: 'ok',
  failed: 'urgent',
  cancelled: 'neutral',
}
