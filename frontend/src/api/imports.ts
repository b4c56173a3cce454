import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import type { ImportBatch, ImportSummary } from './types'
import type { UploadFile } from './upload'

export const importKeys = {
  one: (importId: string | null) => ['import', importId] as const,
  open: (caseId: string) => ['case', caseId, 'imports'] as const,
}

/** Announce the files; their bytes follow by `sendUpload`, in this order. */
export function openUpload(caseId: string, files: UploadFile[]): Promise<ImportBatch> {
  const announced = files.map(({ name, size, modified }) => ({ name, size_bytes: size, modified_ms: modified }))
  return http.post<ImportBatch>('/api/imports/uploads', { case: caseId, files: announced })
}

export const discardUpload = (importId: string): Promise<undefined> => http.delete<undefined>(`/api/imports/${importId}`)

const AT_REST = new Set(['done', 'failed', 'cancelled', 'waiting', 'receiving'])
const SETTLED = new Set(['done', 'failed', 'cancelled', 'waiting'])
export const isImportSettled = (batch: ImportBatch | undefined): boolean => batch !== undefined && SETTLED.has(batch.state)

const POLL_MS = 1_000
const POLL_LONG_MS = 3_000
const LONG_LIST = 500

export function useImport(importId: string | null, enabled = true) {
  return useQuery({
    queryKey: importKeys.one(importId),
    queryFn: ({ signal }) => http.get<ImportBatch>(`/api/imports/${importId}`, { signal }),
    enabled: importId !== null && enabled,
    refetchInterval: (query) => {
      const batch = query.state.data
      if (batch && AT_REST.has(batch.state)) return false
      return (batch?.files.length ?? 0) > LONG_LIST ? POLL_LONG_MS : POLL_MS
    },
  })
}

/** What somebody has to go on with: uploads that were cut off, files that wait for a word. */
export function useOpenImports(caseId: string, enabled: boolean) {
  return useQuery({
    queryKey: importKeys.open(caseId),
    queryFn: ({ signal }) => http.get<{ results: ImportSummary[] }>('/api/imports', { query: { case: caseId }, signal }),
    select: (page) => page.results,
    enabled,
  })
}

export interface Reconciliation {
  key: string
  same_patient: boolean
  reason?: string
}

export function useReconcile(importId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (said: Reconciliation) => http.post<ImportBatch>(`/api/imports/${importId}/reconcile`, said),
    onSuccess: (batch) => client.setQueryData(importKeys.one(importId), batch),
  })
}
