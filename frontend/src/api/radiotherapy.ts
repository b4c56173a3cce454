import { useQueries, useQuery } from '@tanstack/react-query'

import { caseKeys } from './cases'
import { http } from './http'
import type { Dvh, Radiotherapy, Study } from './types'

const KINDS = new Set(['rtstruct', 'rtdose', 'rtplan'])

export interface RegionKey {
  readonly structureSet: string
  readonly number: number
}

export interface WireContours {
  /** What the contours enclose; null where they enclose nothing. */
  volume_ml: number | null
  contours: { kind: string; sop_instance_uid: string; points_lps: number[] }[]
}

/** Structure sets, doses and plans of a case; asked for only where its studies hold any. */
export function useRadiotherapyObjects(caseId: string, studies: readonly Study[]) {
  const held = studies
    .filter((study) => study.state === 'ready')
    .flatMap((study) => study.series)
    .filter((series) => KINDS.has(series.kind) && series.archive_key !== '')
    .map((series) => series.archive_key)
  return useQuery({
    queryKey: [...caseKeys.one(caseId), 'radiotherapy', held],
    queryFn: ({ signal }) =>
      http.get<Radiotherapy>(`/api/cases/${caseId}/radiotherapy`, { signal }),
    enabled: held.length > 0,
    staleTime: 60_000,
    placeholderData: (previous, query) => (query?.queryKey[1] === caseId ? previous : undefined),
  })
}

const regionUrl = (caseId: string, { structureSet, number }: RegionKey): string =>
  `/api/cases/${caseId}/structure-sets/${structureSet}/regions/${number}`

export const readContours = (caseId: string, region: RegionKey): Promise<WireContours> =>
  http.get<WireContours>(`${regionUrl(caseId, region)}/contours`)

/** Histograms of some regions in one dose; they never change, so each is asked for once. */
export function useDvhs(caseId: string, dose: string | null, regions: readonly RegionKey[]) {
  return useQueries({
    queries: regions.map((region) => ({
      queryKey: [...caseKeys.one(caseId), 'dvh', dose, region.structureSet, region.number],
      queryFn: () => http.get<Dvh>(`${regionUrl(caseId, region)}/dvh?dose=${dose}`),
      enabled: dose !== null,
      staleTime: Infinity,
      retry: false,
    })),
  })
}
