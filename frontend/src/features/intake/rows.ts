import type { IntakeList, IntakeRow } from '@/api/intake'

/** Every field that a column may be, in the order in which people look for them. */
export const FIELDS = [
  'patient_id', 'issuer', 'name', 'family_name', 'given_name', 'birth_date', 'sex',
  'title', 'question', 'history', 'tumour_type', 'diagnosis', 'stage', 'ecog', 'urgency', 'urgency_reason',
  'wanted_date', 'accession', 'study_uid',
] as const
export type Field = (typeof FIELDS)[number]

export const DATE_FIELDS: ReadonlySet<string> = new Set<Field>(['birth_date', 'wanted_date'])
/** Column number to field: the mapping as a table shows it. */
export function fieldsByColumn(mapping: Record<string, number>): Record<number, string> {
  return Object.fromEntries(Object.entries(mapping).map(([field, column]) => [column, field]))
}

/** The mapping with one column said anew; a field is in one place only. */
export function mapColumn(mapping: Record<string, number>, column: number, field: string | null): Record<string, number> {
  const others = Object.entries(mapping).filter(([name, at]) => at !== column && name !== field)
  return { ...Object.fromEntries(others), ...(field ? { [field]: column } : {}) }
}

/** What an editor of this row shows: what the list says, what was corrected, what is wrong. */
export function editedFields(list: IntakeList, row: IntakeRow): Field[] {
  const wrong = new Set(row.errors.map((error) => error.field as string))
  return FIELDS.filter((field) => wrong.has(field) || field in row.corrections || field in list.mapping)
}

/** What stands in a field now: a correction, else the list's own text. */
export function textOf(list: IntakeList, row: IntakeRow, field: string): string {
  const corrected = row.corrections[field]
  if (corrected !== undefined) return corrected
  const column = list.mapping[field]
  return column === undefined ? '' : (row.cells[column] ?? '')
}

export const errorsOf = (row: IntakeRow, field: string): string[] => row.errors.filter((error) => error.field === field).map((error) => error.code)

/** Where the next row is that somebody has to look at, after this one, round the end. */
export function nextToDo(rows: readonly IntakeRow[], after: number): number | null {
  const waits = (row: IntakeRow) => row.state === 'error' || row.state === 'choice'
  for (let step = 1; step <= rows.length; step += 1) {
    const index = (after + step) % rows.length
    const row = rows[index]
    if (row && waits(row)) return index
  }
  return null
}

/** Studies that will be linked when the list is confirmed. */
export const countTicked = (rows: readonly IntakeRow[]): number =>
  rows.filter((row) => row.state === 'ready').reduce((sum, row) => sum + row.chosen_studies.length, 0)
