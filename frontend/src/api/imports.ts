import { useQuery } from '@tanstack/react-query'

import { csrfToken } from './csrf'
import { http } from './http'
import { Problem, readProblem } from './problem'
import type { ImportBatch } from './types'

export interface ImportRequest {
  caseId: string
  files: File[]
  mismatchReason?: string
  onProgress?: (fraction: number) => void
  signal?: AbortSignal
}

/**
 * Upload files for a case. `fetch` tells nothing about bytes sent, and a CT is
 * hundreds of megabytes, so this one request is an XMLHttpRequest.
 */
export async function uploadFiles({
  caseId,
  files,
  mismatchReason,
  onProgress,
  signal,
}: ImportRequest): Promise<ImportBatch> {
  const form = new FormData()
  form.append('case', caseId)
  if (mismatchReason) form.append('mismatch_reason', mismatchReason)
  for (const file of files) form.append('files', file, pathOf(file))
  const token = await csrfToken()
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', '/api/imports')
    request.setRequestHeader('Accept', 'application/json')
    request.setRequestHeader('X-CSRFToken', token)
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress?.(event.loaded / event.total)
    }
    request.onerror = () => reject(new Problem({ status: 0, code: 'offline', title: 'offline' }))
    request.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(JSON.parse(request.responseText) as ImportBatch)
        return
      }
      const headers = new Headers()
      const requestId = request.getResponseHeader('X-Request-ID')
      if (requestId) headers.set('X-Request-ID', requestId)
      const answer = new Response(request.responseText, { status: request.status, statusText: request.statusText, headers })
      readProblem(answer).then(reject, reject)
    }
    signal?.addEventListener('abort', () => request.abort(), { once: true })
    request.send(form)
  })
}

/** Where a file lay in its folder; a dropped folder tells it under another name. */
function pathOf(file: File): string {
  const dropped = 'relativePath' in file && typeof file.relativePath === 'string' ? file.relativePath : ''
  return (file.webkitRelativePath || dropped || file.name).replace(/^\.?\//, '')
}

const SETTLED = new Set(['done', 'failed'])
export const isImportSettled = (batch: ImportBatch | undefined): boolean => batch !== undefined && SETTLED.has(batch.state)

export function useImport(importId: string | null) {
  return useQuery({
    queryKey: ['import', importId],
    queryFn: ({ signal }) => http.get<ImportBatch>(`/api/imports/${importId}`, { signal }),
    enabled: importId !== null,
    refetchInterval: (query) => (isImportSettled(query.state.data) ? false : 1_000),
  })
}
