import type { Radiomics } from '@/api/radiomics'

import { familyOf, rowsOf } from './families'

/** What a cell may not begin with: a spreadsheet would take it for a formula. */
const FORMULA = /^[=+\-@\t\r]/

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const HEAD = ['segmentation', 'revision', 'segment', 'label', 'analysis', 'analysis_version', 'family', 'feature', 'ibsi_id', 'aggregation_id', 'name', 'value', 'unit', 'refusal', 'reason']

/** Every feature with what its value depends on beside it: without that no value repeats. */
export function toCsv(found: Radiomics, label: string): string {
  const settings = Object.entries(found.settings)
  const processing = Object.entries(found.processing)
  const head = [...HEAD, ...settings.map(([name]) => `setting_${name}`), ...processing.map(([name]) => `processing_${name}`)]
  const start = [found.segmentation, found.revision, found.segment, label, found.analysis.name, found.analysis.version]
  const end = [...settings, ...processing].map(([, value]) => value)
  const rows = rowsOf(found).map((row) => {
    const { code, ibsi_id, name } = row.feature
    const own =
      row.kind === 'value'
        ? [row.feature.aggregation_id, name, row.feature.value, row.feature.unit, '', '']
        : ['', name, null, '', row.feature.reason_code, row.feature.reason]
    return [...start, familyOf(code), code, ibsi_id, ...own, ...end]
  })
  return [head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
}
