import type { LesionBody, MeasurementBody } from '@/protocol/generated'

type Value = MeasurementBody['values'][number]

/** A study in which something of a lesion is measured. */
export interface TimePoint {
  readonly study_instance_uid: string
  /** Null where the study does not say, or is not here any more. */
  readonly date: string | null
}

/** What stands for a lesion at one time point. */
export interface Entry {
  readonly item: MeasurementBody
  /** Null where nothing that was measured is a diameter. */
  readonly diameter: Value | null
  readonly isShort: boolean
}

interface StudyDate {
  readonly study_instance_uid: string
  readonly study_date: string | null
}

/** Studies with measured lesions, oldest first; those without a date come last. */
export function timePointsOf(
  items: readonly MeasurementBody[],
  studies: readonly StudyDate[],
): TimePoint[] {
  const dates = new Map(studies.map((study) => [study.study_instance_uid, study.study_date]))
  const measured = items.filter(({ lesion }) => lesion !== null)
  const uids = [...new Set(measured.map((item) => item.study_instance_uid))]
  return uids
    .map((uid) => ({ study_instance_uid: uid, date: dates.get(uid) ?? null }))
    .sort(
      (a, b) =>
        Number(a.date === null) - Number(b.date === null) ||
        (a.date ?? '').localeCompare(b.date ?? '') ||
        a.study_instance_uid.localeCompare(b.study_instance_uid),
    )
}

const of = ({ values }: MeasurementBody, ...quantities: Value['quantity'][]): Value | undefined =>
  values.find(({ quantity }) => quantities.includes(quantity))

/**
 * The measurement that stands for the lesion in this study: of a node the short axis where one was
 * measured, else the longest diameter (RECIST 1.1). Nothing is computed; millimetres and pixels
 * are not compared: millimetres come first.
 */
export function entryAt(
  lesion: Pick<LesionBody, 'id' | 'is_node'>,
  items: readonly MeasurementBody[],
  study_instance_uid: string,
): Entry | null {
  const here = items.filter(
    (item) => item.lesion === lesion.id && item.study_instance_uid === study_instance_uid,
  )
  const short = lesion.is_node ? here.find((item) => of(item, 'short_axis')) : undefined
  if (short) return { item: short, diameter: of(short, 'short_axis') ?? null, isShort: true }
  const longest = here
    .map((item) => ({ item, diameter: of(item, 'long_axis', 'length') ?? null, isShort: false }))
    .sort((a, b) => weight(b.diameter) - weight(a.diameter))
  return longest[0] ?? null
}

const MILLIMETRES_FIRST = 1e9

const weight = (value: Value | null): number =>
  value === null ? -1 : value.value + (value.unit === 'mm' ? MILLIMETRES_FIRST : 0)
