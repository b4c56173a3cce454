import { useQuery } from '@tanstack/react-query'

import { caseKeys } from './cases'
import { getAll } from './pages'
import type { Registration, Study } from './types'

/**
 * The registrations of a case. As with segmentations each reading is an audit entry, so it is asked
 * for again only when the studies hold others.
 */
export function useRegistrations(caseId: string, studies: readonly Study[]) {
  const held = studies
    .filter((study) => study.state === 'ready')
    .flatMap((study) => study.series)
    .filter((series) => series.kind === 'reg')
    .map((series) => series.archive_key)
  return useQuery({
    queryKey: [...caseKeys.one(caseId), 'registrations', held],
    queryFn: ({ signal }) =>
      getAll<Registration>(`/api/cases/${caseId}/registrations`, { signal }),
    enabled: held.length > 0,
    staleTime: 60_000,
  })
}
