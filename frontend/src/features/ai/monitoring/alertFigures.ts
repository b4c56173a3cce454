import { formatMeasure } from './figures'

export interface AlertFigure {
  word: 'share' | 'allowed' | 'earlier' | 'drift'
  values: Record<string, string | number>
  feature?: string
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const share = (value: unknown): string => (typeof value === 'number' ? formatMeasure(value, 'share') : '–')
const number = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** The figures of an alert as sentences; what is not known of them is left out. */
export function alertFigures(figures: unknown): AlertFigure[] {
  if (!isRecord(figures)) return []
  const found: AlertFigure[] = []
  if ('share' in figures) found.push({ word: 'share', values: interval(figures) })
  if ('allowed' in figures) found.push({ word: 'allowed', values: { allowed: share(figures.allowed) } })
  if (isRecord(figures.earlier)) found.push({ word: 'earlier', values: interval(figures.earlier) })
  for (const one of Array.isArray(figures.features) ? figures.features : []) {
    if (isRecord(one)) found.push({ word: 'drift', feature: String(one.name), values: { psi: number(one.psi).toFixed(2), chance: number(one.psi_by_chance).toFixed(2), n: number(one.n) } })
  }
  return found
}

function interval(figures: Record<string, unknown>): Record<string, string | number> {
  return { share: share(figures.share), low: share(figures.low), high: share(figures.high), count: number(figures.count), n: number(figures.n) }
}
