import { useTranslation } from 'react-i18next'

import type { ClinicalEntry, KindOfEntry } from '@/api/clinical'
import { humanise } from '@/ui/format'

/** The word of a choice, and one line for an entry, made only of what the server showed. */
export function useClinicalWords() {
  const { t } = useTranslation('clinical')
  const word = (group: string, value: unknown): string =>
    value ? t(`word.${group}.${String(value)}`, { defaultValue: humanise(String(value)) }) : ''

  const join = (...parts: unknown[]): string => parts.filter(Boolean).map(String).join(' · ')

  const LINES: Record<KindOfEntry, (entry: ClinicalEntry) => [string, string]> = {
    referrals: (one) => [
      word('referralReason', one.reason),
      join(one.referrer, one.institution, one.is_new_problem ? t('newProblem') : ''),
    ],
    diagnoses: (one) => [
      String(one.icd10_display || one.snomed_display || one.morphology_display || one.text || one.icd10_code || t('withheld')),
      join(one.icd10_code, one.morphology_code, word('laterality', one.laterality), word('certainty', one.certainty), one.icd10_display ? one.text : ''),
    ],
    stagings: (one) => [
      [
        [one.t, one.n, one.m].filter(Boolean).map((part) => `${String(one.prefix)}${String(part)}`).join(' '),
        one.group ? t('stageGroup', { group: one.group }) : '',
      ]
        .filter(Boolean)
        .join(', '),
      join(
        one.scheme === 'tnm' ? word('edition', one.edition) : word('scheme', one.scheme),
        one.group_source === 'table' ? t('fromTable', { name: one.group_table || t('withheld') }) : '',
      ),
    ],
    performance: (one) => [`${word('scale', one.scale)} ${String(one.value)}`, ''],
    comorbidities: (one) => [
      one.charlson_index === null ? t('notAssessed') : t('charlson', { index: one.charlson_index }),
      join(
        typeof one.age_points === 'number' ? t('withAge', { index: Number(one.charlson_index) + one.age_points }) : '',
        Array.isArray(one.conditions) ? one.conditions.map((condition) => word('charlson', condition)).join(', ') : '',
        one.text,
      ),
    ],
    preferences: (one) => [String(one.text || t('withheld')), ''],
    allergies: (one) => [String(one.substance || t('withheld')), join(one.reaction, word('criticality', one.criticality))],
    biomarkers: (one) => [biomarker(one), join(one.vaf_percent === null ? '' : t('vaf', { share: one.vaf_percent }), word('specimen', one.specimen), one.method)],
    treatments: (one) => [
      String(one.description || word('treatment', one.kind)),
      join(one.description ? word('treatment', one.kind) : '', word('intent', one.intent), word('outcome', one.outcome)),
    ],
  }

  function biomarker(one: ClinicalEntry): string {
    const result = word('result', one.result)
    if (['variant', 'fusion', 'copy_number'].includes(String(one.kind))) {
      const genes = [one.gene, one.partner_gene].filter(Boolean).join('::') || t('withheld')
      const change = String(one.hgvs_p || one.hgvs_c || '')
      if (change && one.result === 'detected') return `${genes} ${change}`
      return [genes, change || word('biomarker', one.kind), result].filter(Boolean).join(' ')
    }
    const name = one.analyte ? word('analyte', one.analyte) : word('biomarkerShort', one.kind)
    const number = typeof one.value === 'number' ? `${one.value} ${word('unit', one.unit)}` : ''
    return [name, number || result].filter(Boolean).join(' ')
  }

  return { word, line: (kind: KindOfEntry, entry: ClinicalEntry) => LINES[kind](entry) }
}
