import type { Series, Study } from '@/api/types'
import type { SeriesDescription } from '@/viewer/frames'

import { pictureSeries } from '../caseImages'

export interface FusionCandidate {
  readonly study: Study
  readonly series: Series
}

/** What is laid over anatomy more often comes first. */
const RANK = ['PT', 'NM', 'MR', 'CT']
const CROSS_SECTIONS = new Set(RANK)
const rankOf = ({ modality }: Series): number => RANK.indexOf(modality)

/** Series that may be laid over one that is shown: of its own study first, PET before the others. */
export function fusionCandidates(
  studies: readonly Study[],
  own: Pick<SeriesDescription, 'study_instance_uid' | 'series_instance_uid'>,
): FusionCandidate[] {
  const isOwn = (study: Study): boolean => study.study_instance_uid === own.study_instance_uid
  return studies
    .filter((study) => study.state === 'ready')
    .flatMap((study) => pictureSeries(study).map((series) => ({ study, series })))
    .filter(
      ({ series }) =>
        series.series_instance_uid !== own.series_instance_uid &&
        (CROSS_SECTIONS.has(series.modality) || series.kind === 'parametric_map') &&
        series.frame_count > 1,
    )
    .sort(
      (a, b) =>
        Number(isOwn(b.study)) - Number(isOwn(a.study)) || rankOf(a.series) - rankOf(b.series),
    )
}
