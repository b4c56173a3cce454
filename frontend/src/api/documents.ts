import { queryOptions, useQuery } from '@tanstack/react-query'

import { caseKeys } from './cases'
import { http } from './http'
import { getAll } from './pages'
import { readProblem } from './problem'
import type { CaseDocument, OpenedDocument, Study } from './types'

/**
 * Reports, key-image lists, presentation states and PDFs of a case. Asked for again only when its
 * studies hold other objects: each reading is an audit entry.
 */
export function useDocuments(caseId: string, studies: readonly Study[]) {
  const ready = studies.filter((study) => study.state === 'ready')
  const held = ready.flatMap((study) =>
    study.series.map((series) => `${series.id} ${series.archive_key} ${series.disclosure} ${series.is_evicted}`),
  )
  return useQuery({
    queryKey: [...caseKeys.one(caseId), 'documents', held],
    queryFn: ({ signal }) => getAll<CaseDocument>(`/api/cases/${caseId}/documents`, { signal }),
    enabled: ready.length > 0,
    staleTime: 60_000,
    placeholderData: (previous, query) => (query?.queryKey[1] === caseId ? previous : undefined),
  })
}

/** All that one of them says; its content never changes under its id. */
export const documentQuery = (caseId: string, id: string) =>
  queryOptions({
    queryKey: [...caseKeys.one(caseId), 'document', id],
    queryFn: ({ signal }) =>
      http.get<OpenedDocument>(`/api/cases/${caseId}/documents/${id}`, { signal }),
    staleTime: Infinity,
    retry: false,
  })

export interface DrawnPage {
  readonly picture: Blob
  readonly pages: number
}

/** One page of a PDF as a picture that the server drew, and how many pages there are. */
export function usePage(pageUrl: string, page: number, width: number) {
  return useQuery({
    queryKey: ['document-page', pageUrl, page, width],
    queryFn: ({ signal }) => readPage(`${pageUrl}${page}?width=${width}`, signal),
    staleTime: 5 * 60_000,
    gcTime: 60_000,
    retry: false,
    placeholderData: (previous, query) =>
      query?.queryKey[1] === pageUrl && query.queryKey[2] === page ? previous : undefined,
  })
}

async function readPage(url: string, signal: AbortSignal): Promise<DrawnPage> {
  const answer = await fetch(url, { credentials: 'same-origin', signal })
  if (!answer.ok) throw await readProblem(answer)
  return {
    picture: await answer.blob(),
    pages: Number(answer.headers.get('X-Document-Pages') ?? 1),
  }
}

/** The words of a page, for those who listen. */
export function usePageText(pageUrl: string, page: number, enabled: boolean) {
  return useQuery({
    queryKey: ['document-text', pageUrl, page],
    queryFn: ({ signal }) => http.get<{ text: string }>(`${pageUrl}${page}/text`, { signal }),
    staleTime: Infinity,
    enabled,
    retry: false,
  })
}
