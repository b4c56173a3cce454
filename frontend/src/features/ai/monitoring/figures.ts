import type { MonitoringFigure, MonitoringPeriod, MonitoringReport } from '@/api/types'

/** Of all groups that are hidden in a period, taken together. */
export const TOGETHER = '+'

/** What one period says of one line. Hidden, none and "not reached" never look alike. */
export type Point =
  | { state: 'value'; value: number; low: number | null; high: number | null; n: number; count: number | null }
  | { state: 'hidden' }
  | { state: 'none' }
  | { state: 'open'; n: number }

export interface Line {
  key: string
  /** Catalogue word of a figure or quantile; empty for a group, which names itself. */
  word: string
  group: string
  points: Point[]
}

export type Measure = 'count' | 'mean' | 'share' | 'seconds' | 'fraction' | 'mL' | 'mm'

export interface ChartSpec {
  key: string
  figures: readonly string[]
  measure: Measure
}

/** The charts of a page, in their order. By subgroup each shows its first figure, a line a group. */
export const CHARTS: readonly ChartSpec[] = [
  { key: 'runs', figures: ['runs'], measure: 'count' },
  { key: 'notRun', figures: ['failed', 'out_of_scope'], measure: 'share' },
  { key: 'positive', figures: ['positive', 'urgent'], measure: 'share' },
  { key: 'perStudy', figures: ['findings_per_study'], measure: 'mean' },
  { key: 'decisions', figures: ['accepted', 'amended'], measure: 'share' },
  { key: 'waiting', figures: ['unreviewed', 'deferred', 'superseded'], measure: 'share' },
  { key: 'run', figures: ['run_s'], measure: 'seconds' },
  { key: 'queue', figures: ['queue_s'], measure: 'seconds' },
  { key: 'acknowledge', figures: ['acknowledge_s'], measure: 'seconds' },
  { key: 'dice', figures: ['dice'], measure: 'fraction' },
  { key: 'volume', figures: ['volume_change_ml'], measure: 'mL' },
  { key: 'diameter', figures: ['diameter_change_mm'], measure: 'mm' },
  { key: 'contradicted', figures: ['contradicted'], measure: 'share' },
  { key: 'fast', figures: ['fast_dismissals'], measure: 'share' },
]

/** The lines of a chart: figures or quantiles by week, groups by block. */
export function linesOf(report: MonitoringReport, { figures }: ChartSpec): Line[] {
  const rows = new Map(report.figures.map((row) => [`${row.period} ${row.name} ${row.group}`, row]))
  const find = (period: number, name: string, group: string) => rows.get(`${period} ${name} ${group}`)
  const [first = ''] = figures
  if (report.by) {
    const together = report.figures.some((row) => row.name === first && row.group === TOGETHER)
    const sample = report.figures.find((row) => row.name === first)
    return [...report.groups, ...(together ? [TOGETHER] : [])].map((group) => ({
      key: `group ${group}`,
      word: '',
      group,
      points: report.periods.map((_, period) => pointOf(find(period, first, group), middle(sample))),
    }))
  }
  return figures.flatMap((name) => {
    const sample = report.figures.find((row) => row.name === name)
    const places = sample?.kind === 'quantiles' ? sample.at.map((_, place) => place) : [0]
    return places.map((place) => ({
      key: `${name} ${place}`,
      word: sample?.kind === 'quantiles' ? quantileWord(sample.at[place] ?? 0) : name,
      group: '',
      points: report.periods.map((_, period) => pointOf(find(period, name, ''), place)),
    }))
  })
}

const quantileWord = (at: number): string => (at === 0.5 ? 'median' : `p${Math.round(at * 100)}`)
const middle = (row: MonitoringFigure | undefined): number => Math.max(0, row?.at.indexOf(0.5) ?? 0)

export function pointOf(row: MonitoringFigure | undefined, place: number): Point {
  if (!row) return { state: 'none' }
  if (row.is_hidden) return { state: 'hidden' }
  const n = row.n ?? 0
  const value = row.kind === 'quantiles' ? (row.quantiles[place] ?? null) : row.value
  if (n === 0 && row.name !== 'runs') return { state: 'none' }
  if (value === null) return row.kind === 'quantiles' ? { state: 'open', n } : { state: 'none' }
  return { state: 'value', value, low: row.low, high: row.high, n, count: row.kind === 'share' ? row.count : null }
}

export const isEmpty = (lines: Line[]): boolean => lines.every((line) => line.points.every((point) => point.state === 'none'))

const MINUTE_S = 60
const HOUR_S = 3_600
const DAY_S = 86_400
/** Steps that a clock has, from half a minute on. */
const CLOCK_STEPS_S = [30, 1 * MINUTE_S, 2 * MINUTE_S, 5 * MINUTE_S, 10 * MINUTE_S, 15 * MINUTE_S, 30 * MINUTE_S, 1 * HOUR_S, 2 * HOUR_S, 3 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, 1 * DAY_S, 2 * DAY_S, 5 * DAY_S, 10 * DAY_S]
const MOST_STEPS = 4.5

function stepsFor(span: number, measure: Measure): number[] {
  const power = 10 ** Math.floor(Math.log10(span / 4))
  const steps = [1, 2, 5, 10].map((factor) => factor * power)
  const [longest] = CLOCK_STEPS_S.slice(-1)
  if (measure !== 'seconds' || span > MOST_STEPS * (longest ?? 0)) return steps
  return span <= MOST_STEPS * 20 ? steps : CLOCK_STEPS_S
}

/** The reach of an axis from 0, or on both sides of it, in whole steps of 1, 2 or 5; of time, those of a clock. */
export function axisOf(lines: Line[], measure: Measure): { low: number; high: number; step: number } {
  const values = lines.flatMap((line) => line.points.flatMap((point) => (point.state === 'value' ? [point.value, point.low ?? point.value, point.high ?? point.value] : [])))
  if (measure === 'fraction') return { low: 0, high: 1, step: 0.25 }
  const highest = Math.max(0, ...values)
  const lowest = Math.min(0, ...values)
  const span = highest - lowest
  if (span === 0) return { low: 0, high: 1, step: 1 }
  const step = stepsFor(span, measure).find((one) => span / one <= MOST_STEPS) ?? span
  const high = Math.ceil(highest / step - 1e-9) * step
  return { low: Math.floor(lowest / step + 1e-9) * step, high: measure === 'share' ? Math.min(1, high) : high, step }
}

export function formatMeasure(value: number, measure: Measure): string {
  switch (measure) {
    case 'count':
      return Number.isInteger(value) ? String(value) : value.toFixed(1)
    case 'mean':
      return value.toFixed(1)
    case 'share':
      return `${trim(value * 100, value < 0.1 ? 1 : 0)} %`
    case 'seconds':
      return formatSeconds(value)
    case 'fraction':
      return value.toFixed(2)
    case 'mL':
    case 'mm':
      return `${trim(value, 1)} ${measure}`
  }
}

/** What stands at an axis: times all in the unit of its step. */
export function formatTick(value: number, measure: Measure, step: number): string {
  if (measure !== 'seconds') return formatMeasure(value, measure)
  if (step < MINUTE_S) return `${trim(value, 1)} s`
  if (step < HOUR_S) return `${trim(value / MINUTE_S, 1)} min`
  return step < DAY_S ? `${trim(value / HOUR_S, 1)} h` : `${trim(value / DAY_S, 1)} d`
}

const trim = (value: number, digits: number): string => String(Number(value.toFixed(digits)))

export function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${trim(seconds, seconds < 10 ? 1 : 0)} s`
  if (seconds < 5_400) return `${trim(seconds / 60, 1)} min`
  if (seconds < 172_800) return `${trim(seconds / 3_600, 1)} h`
  return `${trim(seconds / 86_400, 1)} d`
}

/** "W47", of a block "W45–48"; a month ("2026-09") as it is named. */
export function shortPeriod({ name }: MonitoringPeriod): string {
  const [first, last] = [...name.matchAll(/W(\d+)/g)].map((match) => match[1])
  if (!first) return name
  return last ? `W${first}–${last}` : `W${first}`
}
