import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { caseKeys } from './cases'
import { http } from './http'
import { getAll } from './pages'
import { Problem } from './problem'
import type { Clearance } from './schema'
import type { CaseDocument, OpenedDocument, Series, Study } from './types'

/** One picture of a series and where the gateway draws it. */
export interface Picture {
  key: string
  url: string
}

type DicomJson = Record<string, { Value?: (string | number)[] } | undefined>

const PICTURE_SIDE_PX = 640
/** The largest that is drawn of a page: whoever clears sees all that a guest may. */
const PAGE_WIDTH_PX = 2400

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
      if (series.kind === 'pdf') return pagesOf(caseId, series, signal)
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

/** Every page of every PDF of a series, drawn as a guest would get it. */
async function pagesOf(caseId: string, series: Series, signal: AbortSignal): Promise<Picture[]> {
  const url = `/api/cases/${caseId}/documents`
  const all = await getAll<CaseDocument>(url, { signal })
  const own = all.filter((one) => one.series_instance_uid === series.series_instance_uid)
  const opened = await Promise.all(
    own.map((one) => http.get<OpenedDocument>(`${url}/${one.id}`, { signal })),
  )
  return opened.flatMap(({ id, page_url, pages }) =>
    Array.from({ length: pages }, (_, index) => ({
      key: `${id}/${index + 1}`,
      url: `${page_url}${index + 1}?width=${PAGE_WIDTH_PX}`,
    })),
  )
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
