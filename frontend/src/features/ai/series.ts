import type { Job, Study } from '@/api/types'

/** "CT · Portal venous": what a run reads, of several series the first; undefined where it is not known. */
export function seriesOf(job: Job, studies: readonly Study[]): string | undefined {
  const study = studies.find(({ study_instance_uid }) => study_instance_uid === job.study_instance_uid)
  const series = study?.series.find(({ series_instance_uid }) => series_instance_uid === job.series_instance_uid)
  return series && [series.modality, series.description].filter(Boolean).join(' · ')
}
