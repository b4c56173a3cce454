import type { Radiomics, RadiomicsRefusal, RadiomicsValue } from '@/api/radiomics'

/** Kinds of features by the beginning of their code, in the order of the IBSI manual. */
export const FAMILIES = ['morph', 'loc', 'stat', 'ih', 'ivh', 'cm', 'rlm', 'szm', 'dzm', 'ngt', 'ngl'] as const
export type Family = (typeof FAMILIES)[number]

export const familyOf = (code: string): Family | null => FAMILIES.find((one) => code.startsWith(`${one}_`)) ?? null

/** One line of the table: a value, or why this segment has none. */
export type FeatureRow =
  | { readonly kind: 'value'; readonly feature: RadiomicsValue }
  | { readonly kind: 'refusal'; readonly feature: RadiomicsRefusal }

export const rowsOf = ({ values, refusals }: Radiomics): FeatureRow[] => [
  ...values.map((feature) => ({ kind: 'value' as const, feature })),
  ...refusals.map((feature) => ({ kind: 'refusal' as const, feature })),
]

/** Rows of one family, or of all, in which every word of the search occurs. */
export function chooseRows(rows: readonly FeatureRow[], family: Family | 'all', search: string): FeatureRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return rows.filter(({ feature }) => {
    if (family !== 'all' && familyOf(feature.code) !== family) return false
    const text = `${feature.name} ${feature.code} ${feature.ibsi_id}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

const DIGITS = 6
/** Six digits that count; the CSV has all of them. */
export const shownValue = (value: number): string => String(Number(value.toPrecision(DIGITS)))

/** UCUM writes powers plainly; people read them raised. A pure number has no unit. */
export const shownUnit = (unit: string): string => (unit === '1' ? '' : unit.replace('mm3', 'mm³').replace('mm2', 'mm²'))
