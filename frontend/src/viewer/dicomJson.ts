/** One data set of the DICOM JSON model (PS3.18 F.2). */
export type DicomDataset = Readonly<Record<string, DicomElement | undefined>>

export interface DicomElement {
  readonly vr?: string
  readonly Value?: readonly unknown[]
  readonly InlineBinary?: string
}

export function textOf(dataset: DicomDataset | undefined, tag: string): string {
  const value = dataset?.[tag]?.Value?.[0]
  if (typeof value === 'string') return value.trim()
  if (typeof value === 'number') return String(value)
  return ''
}

export function textsOf(dataset: DicomDataset | undefined, tag: string): string[] {
  return (dataset?.[tag]?.Value ?? []).map((value) => String(value ?? '').trim())
}

/** Numbers of an element; DS and IS may arrive as text. Anything else is left out. */
export function numbersOf(dataset: DicomDataset | undefined, tag: string): number[] {
  const values = dataset?.[tag]?.Value ?? []
  return values.map((value) => (value === null || value === '' ? Number.NaN : Number(value)))
}

export function numberOf(dataset: DicomDataset | undefined, tag: string): number | null {
  const value = numbersOf(dataset, tag)[0]
  return value !== undefined && Number.isFinite(value) ? value : null
}

export function sequenceOf(dataset: DicomDataset | undefined, tag: string): DicomDataset[] {
  const items = dataset?.[tag]?.Value ?? []
  return items.filter((item): item is DicomDataset => typeof item === 'object' && item !== null)
}

/** The first item of a sequence, for functional group macros. */
export const itemOf = (dataset: DicomDataset | undefined, tag: string): DicomDataset | undefined =>
  sequenceOf(dataset, tag)[0]

/** A person name as people read it: `Doe, Jane` from `Doe^Jane`. */
export function personNameOf(dataset: DicomDataset | undefined, tag: string): string {
  const value = dataset?.[tag]?.Value?.[0]
  const raw =
    typeof value === 'object' && value !== null && 'Alphabetic' in value
      ? String((value as { Alphabetic: unknown }).Alphabetic ?? '')
      : typeof value === 'string'
        ? value
        : ''
  const [family = '', given = '', middle = ''] = raw.split('^').map((part) => part.trim())
  const rest = [given, middle].filter(Boolean).join(' ')
  return [family, rest].filter(Boolean).join(', ')
}

/** Seconds since the epoch of a DA and TM pair, read as UTC; null when either is missing. */
export function instantOf_s(date: string, time: string): number | null {
  const day = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(date.trim())
  const clock = /^(\d{2}):?(\d{2})?:?(\d{2})?(\.\d+)?/.exec(time.trim())
  if (!day || !clock) return null
  const midnight_ms = Date.UTC(Number(day[1]), Number(day[2]) - 1, Number(day[3]))
  const [, hours = '0', minutes = '0', seconds = '0', fraction = '0'] = clock
  return (
    midnight_ms / 1000 +
    Number(hours) * 3600 +
    Number(minutes) * 60 +
    Number(seconds) +
    Number(fraction)
  )
}

/** The same for a DT value, its zone offset left out as its companions have none. */
export function instantOfDateTime_s(value: string): number | null {
  const match = /^(\d{8})(\d{2,6}(?:\.\d+)?)/.exec(value.trim())
  return match ? instantOf_s(match[1] ?? '', match[2] ?? '') : null
}
