import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { caseKeys } from './cases'
import { http } from './http'
import { Problem } from './problem'
import type { Clearance } from './schema'
import type { Series, Study } from './types'

/** One picture of a series and where the gateway draws it. */
export interface Picture {
  key: string
  url: string
}

type DicomJson = Record<string, { Value?: (string | number)[] } | undefined>

const PICTURE_SIDE_PX = 640

const seriesUrl = (caseId: string, study: Study, series: Series) =>
  `/dicomweb/cases/${caseId}/studies/${study.study_instance_uid}/series/${series.series_instance_uid}`

const clearanceUrl = (caseId: string, study: Study, series: Series) =>
  `/api/cases/${caseId}/studies/${study.study_instance_uid}/series/${series.series_instance_uid}/clearance`

/** Every frame of every instance: whoever clears a series has to see all of it. */
export function useSeriesPictures(caseId: string, study: Study, series: Series) {
  const base = seriesUrl(caseId, study, series)
  return useQuery({
    queryKey: ['pictures', series.archive_key],
    queryFn: async ({ signal }): Promise<Picture[]> => {
      const found = await http.get<DicomJson[]>(`${base}/instances`, { signal })
      return found.flatMap((instance) => {
        const uid = String(instance['00080018']?.Value?.[0] ?? '')
        const frames = Number(instance['00280008']?.Value?.[0] ?? 1)
        return Array.from({ length: frames }, (_, index) => ({
          key: `${uid}/${index + 1}`,
          url: `${base}/instances/${uid}/frames/${index + 1}/rendered?viewport=${PICTURE_SIDE_PX},${PICTURE_SIDE_PX}`,
        }))
      })
    },
    staleTime: Infinity,
  })
}

export function useClearance(caseId: string, study: Study, series: Series) {
  return useQuery({
    queryKey: ['clearance', series.id, series.archive_key],
    queryFn: ({ signal }) => http.get<Clearance>(clearanceUrl(caseId, study, series), { signal }),
    enabled: series.disclosure === 'cleared',
    retry: (count, error) => !(error instanceof Problem && error.status === 404) && count < 2,
  })
}

export function useClearPictures(caseId: string, study: Study, series: Series) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (statement: string) =>
      http.post<Clearance>(clearanceUrl(caseId, study, series), { archive_key: series.archive_key, statement }),
    onSuccess: () => client.invalidateQueries({ queryKey: caseKeys.studies(caseId) }),
  })
}

export function useWithholdPictures(caseId: string, study: Study, series: Series) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => http.delete(clearanceUrl(caseId, study, series)),
    onSuccess: () => client.invalidateQueries({ queryKey: caseKeys.studies(caseId) }),
  })
}
