import type { Series, Study } from '@/api/types'

import { pictureSeries } from './caseImages'

export interface Hanging {
  readonly layout: { rows: number; columns: number }
  readonly series_instance_uids: readonly string[]
}

const weight = (series: Series): number => series.frame_count || series.instance_count

const newestFirst = (a: Study, b: Study): number =>
  `${b.study_date ?? ''}${b.study_time ?? ''}`.localeCompare(
    `${a.study_date ?? ''}${a.study_time ?? ''}`,
  )

/** The series of a study that says most: the one with most pictures, cross-sections first. */
export function mainSeries(study: Study, modality?: string): Series | null {
  const candidates = pictureSeries(study).filter(
    (series) => !modality || series.modality === modality,
  )
  return candidates.reduce<Series | null>(
    (best, series) => (best === null || weight(series) > weight(best) ? series : best),
    null,
  )
}

/**
 * What is on the screen when a case opens: the newest study, and beside it the newest earlier one
 * of the same modality, as two columns.
 */
export function hangCase(studies: readonly Study[]): Hanging | null {
  const ready = studies.filter((study) => study.state === 'ready').sort(newestFirst)
  const [newest] = ready.filter((study) => mainSeries(study) !== null)
  const current = newest && mainSeries(newest)
  if (!newest || !current) return null
  const prior = ready
    .filter((study) => study !== newest)
    .map((study) => mainSeries(study, current.modality))
    .find((series) => series !== null)
  return {
    layout: { rows: 1, columns: prior ? 2 : 1 },
    series_instance_uids: [current, prior].flatMap((series) =>
      series ? [series.series_instance_uid] : [],
    ),
  }
}
