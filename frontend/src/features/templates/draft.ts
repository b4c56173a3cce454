import type { CaseTemplateDocument } from '@/api/types'

export type TemplateItem = CaseTemplateDocument['items'][number]
export type TemplateStandard = NonNullable<CaseTemplateDocument['standards']>[number]

/** A key that nobody uses yet, from a name: "Lung function (FEV1)" is `lung_function_fev1`. */
export function keyFor(name: string, taken: readonly string[]): string {
  const plain = name
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^[_0-9]+|_+$/g, '')
    .slice(0, 36)
  const base = plain.length < 2 ? 'item' : plain
  let key = base
  for (let count = 2; taken.includes(key); count += 1) key = `${base}_${count}`
  return key
}

/** "CT, mr" as the modalities of DICOM: CT and MR. */
export const modalitiesFrom = (text: string): string[] =>
  text
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .filter(Boolean)

/** The list with one entry moved by one place. */
export function moved<Row>(rows: readonly Row[], index: number, by: -1 | 1): Row[] {
  const target = index + by
  const after = [...rows]
  const row = after[index]
  const other = after[target]
  if (row === undefined || other === undefined) return after
  after[index] = other
  after[target] = row
  return after
}
