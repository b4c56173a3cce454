import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http, withQuery } from './http'
import type * as wire from './schema'

export type AcceptedStructureSet = wire.AcceptedStructureSet
export type AcceptedStructureSets = wire.AcceptedStructureSets

const MOVING = new Set(['queued', 'storing'])
const path = (caseId: string, studyUid: string) => `/api/cases/${caseId}/studies/${studyUid}/structure-set`
const key = (caseId: string, studyUid: string) => ['structure-sets', caseId, studyUid] as const

export const structureSetFile = (caseId: string, studyUid: string, seriesUid: string): string =>
  withQuery(`${path(caseId, studyUid)}/file`, { series: seriesUid })

/** What of a study's accepted findings would go to radiotherapy, and how far that is. */
export function useStructureSets(caseId: string, studyUid: string, accepted: number) {
  return useQuery({
    // Another acceptance is another structure set.
    queryKey: [...key(caseId, studyUid), accepted],
    queryFn: ({ signal }) => http.get<AcceptedStructureSets>(path(caseId, studyUid), { signal }),
    refetchInterval: (query) => (query.state.data?.results.some((one) => one.sending && MOVING.has(one.sending.state)) ? 2_000 : false),
  })
}

export function useSendStructureSet(caseId: string, studyUid: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (seriesUid: string) => http.post<AcceptedStructureSets>(path(caseId, studyUid), { series_instance_uid: seriesUid }),
    onSettled: () => client.invalidateQueries({ queryKey: key(caseId, studyUid) }),
  })
}
