import type { Indicator, IndicatorReport } from '@/api/numbers'
import type { Line, Measure, Point } from '@/features/ai/monitoring/figures'

/** The groups of the page, in their order. */
export const GROUPS = ['meetings', 'adherence', 'pathway', 'records', 'coc', 'nhs', 'ai'] as const

/** Numbers that are drawn month by month; the others are told as they are. */
export const DRAWN = new Set([
  'cases_per_meeting',
  'minutes_per_case',
  'deferred',
  'core_attendance',
  'adherence',
  'referral_to_decision',
  'meeting_to_treatment',
  'prospective',
])

export const measureOf = ({ unit }: Indicator): Measure => (unit === 'share' ? 'share' : 'mean')

/** One indicator over the months, as the chart of figures draws it. */
export function lineOf(report: IndicatorReport, key: string): Line {
  return { key, word: key, group: '', points: report.months.map(({ indicators }) => pointOf(indicators.find((one) => one.key === key))) }
}

export function pointOf(one: Indicator | undefined): Point {
  if (!one || one.state === 'none' || one.state === 'not_recorded' || one.value === null) return one?.state === 'suppressed' ? { state: 'hidden' } : { state: 'none' }
  return { state: 'value', value: one.value, low: one.low, high: one.high, n: one.n ?? 0, count: one.count }
}

/** Months as the chart names its periods. */
export const periodsOf = (report: IndicatorReport) =>
  report.months.map(({ name, first, last, is_complete }) => ({ name, starts_on: first, ends_on: last, is_complete }))

const PERCENT = 100
const round = (value: number, digits: number): string => String(Number(value.toFixed(digits)))

/** The number alone, without a word for its unit. */
export function formatValue(value: number, unit: Indicator['unit']): string {
  return unit === 'share' ? `${round(value * PERCENT, value < 0.1 ? 1 : 0)} %` : round(value, 1)
}

/** "3 · 7.5 %" */
export const partFigures = ({ count, share }: Indicator['parts'][number]): string => `${count} · ${formatValue(share ?? 0, 'share')}`

/** Whether a target is reached; null where there is none, or no number. */
export const reaches = ({ value, target }: Indicator): boolean | null => (value === null || target === null ? null : value >= target)

const DAY_MS = 86_400_000
const iso = (date: Date): string => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`

export const PERIODS = ['quarter', 'halfYear', 'year'] as const
export type PeriodName = (typeof PERIODS)[number]
const DAYS: Record<PeriodName, number> = { quarter: 91, halfYear: 182, year: 365 }

/** The days up to today, both ends included. */
export function periodOf(name: PeriodName, today: Date = new Date()): { from: string; to: string } {
  return { from: iso(new Date(today.getTime() - (DAYS[name] - 1) * DAY_MS)), to: iso(today) }
}
