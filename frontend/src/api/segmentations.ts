import { useQuery } from '@tanstack/react-query'

import { caseKeys } from './cases'
import { getAll } from './pages'
import type { Segmentation, Series, Study } from './types'

const isSegmentation = (series: Series): boolean =>
  series.kind === 'seg' || series.modality === 'SEG'

/**
 * The segmentations of a case. Asked for again only when its studies hold others: each reading is
 * an audit entry, and a case without any asks nothing.
 */
export function useSegmentations(caseId: string, studies: readonly Study[]) {
  const held = studies
    .filter((study) => study.state === 'ready')
    .flatMap((study) => study.series)
    .filter(isSegmentation)
    .map((series) => `${series.archive_key} ${series.is_evicted}`)
  return useQuery({
    queryKey: [...caseKeys.one(caseId), 'segmentations', held],
    queryFn: ({ signal }) =>
      getAll<Segmentation>(`/api/cases/${caseId}/segmentations`, { signal }),
    enabled: held.length > 0,
    staleTime: 60_000,
    // While a new segmentation is read, the known ones stay; never those of another case.
    placeholderData: (previous, query) => (query?.queryKey[1] === caseId ? previous : undefined),
  })
}
