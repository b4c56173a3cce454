import { i18next } from '@/locales/i18n'

const locale = (): string | undefined => (typeof navigator === 'undefined' ? undefined : navigator.language)

/** A calendar date without a time zone ("2026-03-12", DICOM "20260312") as local midnight. */
function parseCalendarDate(value: string): Date | null {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(value)
  if (!match) return null
  return new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3]))
}

function parse(value: string): Date | null {
  const date = parseCalendarDate(value) ?? new Date(value)
  return Number.isNaN(date.getTime()) ? null : date
}

/** Never ambiguous: the month is a word. "12 Mar 2026". */
export function formatDate(value: string | null | undefined): string {
  const date = value ? parse(value) : null
  if (!date) return '–'
  return new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short', year: 'numeric' }).format(date)
}

export function formatDay(value: string | Date): string {
  const date = value instanceof Date ? value : parse(value)
  if (!date) return '–'
  // Of another year it says which.
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : 'numeric'
  return new Intl.DateTimeFormat(locale(), { weekday: 'long', day: 'numeric', month: 'long', year }).format(date)
}

export const formatMonth = (date: Date): string => new Intl.DateTimeFormat(locale(), { month: 'short' }).format(date)

export function formatTime(value: string | null | undefined): string {
  const date = value ? parse(value) : null
  if (!date) return '–'
  return new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit' }).format(date)
}

export function formatDateTime(value: string | null | undefined): string {
  const date = value ? parse(value) : null
  if (!date) return '–'
  return new Intl.DateTimeFormat(locale(), {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).format(date)
}

/** For trails: the second matters, the time zone is the reader's. */
export function formatInstant(value: string): string {
  const date = parse(value)
  if (!date) return '–'
  return new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(date)
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** "in 3 days", "2 hours ago", "now". */
export function formatRelative(value: string, now: Date = new Date()): string {
  const date = parse(value)
  if (!date) return '–'
  const seconds = Math.round((date.getTime() - now.getTime()) / 1000)
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' })
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit)
  }
  return format.format(0, 'second')
}

/** Whole years at `on`, or null where the birth date is withheld. */
export function ageYears(birthDate: string | null, on: Date = new Date()): number | null {
  const born = birthDate ? parseCalendarDate(birthDate) : null
  if (!born) return null
  const hadBirthday =
    on.getMonth() > born.getMonth() || (on.getMonth() === born.getMonth() && on.getDate() >= born.getDate())
  return on.getFullYear() - born.getFullYear() - (hadBirthday ? 0 : 1)
}

const DECIMALS: Record<string, number> = { mm: 0, cm: 1, ml: 1, mL: 1, 'g/ml': 2, 'g/mL': 2, g: 1, px: 0, '%': 0, HU: 0 }
const SMALL = 10

/** The number alone, with the digits its unit deserves: 24 mm, but 6.5 mm. */
export function formatFigure(value: number, unit: string): string {
  const usual = DECIMALS[unit] ?? 2
  const digits = unit === 'mm' && Math.abs(value) < SMALL ? 1 : usual
  return new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)
}

/** A value never without its unit; a plain number (UCUM "1") has none. */
export function formatQuantity(value: number, unit: string): string {
  return unit && unit !== '1' ? `${formatFigure(value, unit)} ${unit}` : formatFigure(value, unit)
}

export function formatProbability(value: number): string {
  return new Intl.NumberFormat(locale(), { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value)
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
const THOUSAND = 1000

/** "640 byte", "12.3 MB". */
export function formatBytes(value: number): string {
  let amount = value
  let unit = 0
  while (amount >= THOUSAND && unit < BYTE_UNITS.length - 1) {
    amount /= THOUSAND
    unit += 1
  }
  return new Intl.NumberFormat(locale(), { style: 'unit', unit: BYTE_UNITS[unit], maximumFractionDigits: unit > 1 ? 1 : 0 }).format(amount)
}

export const formatCount = (value: number): string => new Intl.NumberFormat(locale()).format(value)

/** DICOM person names are "Family^Given^Middle^Prefix^Suffix". */
export function formatPatientName(name: string): string {
  if (!name.includes('^')) return name
  const [family = '', given = '', middle = ''] = name.split('^')
  return [family, [given, middle].filter(Boolean).join(' ')].filter(Boolean).join(', ')
}

/** The catalogue's word for a code, or the code itself made readable. */
export function wordFor(group: string, code: string): string {
  if (!code) return '–'
  return i18next.t(`codes:${group}.${code}`, { defaultValue: humanise(code) })
}

export function humanise(code: string): string {
  const words = code.replaceAll(/[_-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
