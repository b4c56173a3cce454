import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { drawnKey } from './drawn'
import { http, withQuery } from './http'
import { Problem, readProblem } from './problem'
import type * as wire from './schema'
import type { DrawnSegmentation } from './types'

export type ResearchStudy = wire.ResearchStudy
export type ResearchStack = wire.ResearchStack
export type NiftiMaskMatch = wire.NiftiMaskMatch
export type StackMatch = wire.StackMatch
export type MatchedLabel = wire.MatchedLabel

const studyPath = (caseId: string, studyUid: string) => `/api/cases/${caseId}/studies/${studyUid}`
const seriesPath = (caseId: string, studyUid: string, seriesUid: string) => `${studyPath(caseId, studyUid)}/series/${seriesUid}`

/** What of a study would leave: each stack with its masks, or why it cannot. */
export function useResearchStudy(caseId: string, studyUid: string) {
  return useQuery({
    queryKey: ['research', caseId, studyUid],
    queryFn: ({ signal }) => http.get<ResearchStudy>(`${studyPath(caseId, studyUid)}/nifti`, { signal }),
    staleTime: 0,
  })
}

export interface Received {
  readonly bytes: number
  readonly total: number
}

/**
 * One stack as a zip. The server packs first and sends then, so nothing arrives for a while;
 * `onReceived` counts what came.
 */
export async function fetchResearchZip(
  where: { caseId: string; studyUid: string; seriesUid: string; stack: number | null },
  { signal, onReceived }: { signal: AbortSignal; onReceived: (received: Received) => void },
): Promise<Blob> {
  const path = withQuery(`${seriesPath(where.caseId, where.studyUid, where.seriesUid)}/nifti`, { stack: where.stack })
  let response: Response
  try {
    response = await fetch(path, { credentials: 'same-origin', signal })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem({ status: 0, code: 'offline', title: 'offline' })
  }
  if (!response.ok) throw await readProblem(response)
  const total = Number(response.headers.get('Content-Length') ?? 0)
  const reader = response.body?.getReader()
  if (!reader) return response.blob()
  const parts: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value)
    bytes += value.byteLength
    onReceived({ bytes, total })
  }
  if (total > 0 && bytes !== total) throw new Problem({ status: 0, code: 'offline', title: 'offline' })
  return new Blob(parts, { type: 'application/zip' })
}

export interface MaskFiles {
  readonly mask: File
  readonly sidecar: File | null
}

/** On which series of the study a mask lies; nothing is kept. */
export function useMatchMask(caseId: string, studyUid: string) {
  return useMutation({
    mutationFn: ({ mask, sidecar }: MaskFiles) => {
      const form = new FormData()
      form.set('mask', mask)
      if (sidecar) form.set('sidecar', sidecar)
      return http.post<NiftiMaskMatch>(`${studyPath(caseId, studyUid)}/nifti-mask/match`, form)
    },
  })
}

export interface MaskImport extends MaskFiles {
  readonly seriesUid: string
  readonly stack: number | null
  readonly madeBy: 'MANUAL' | 'SEMIAUTOMATIC' | 'AUTOMATIC'
  readonly name: string
  /** Null: as the side-car says of them. */
  readonly labels: readonly MatchedLabel[] | null
}

export function useImportMask(caseId: string, studyUid: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ mask, sidecar, seriesUid, stack, madeBy, name, labels }: MaskImport) => {
      const form = new FormData()
      form.set('mask', mask)
      if (sidecar) form.set('sidecar', sidecar)
      form.set('made_by', madeBy)
      form.set('name', name)
      if (stack !== null) form.set('stack', String(stack))
      if (labels) form.set('labels', JSON.stringify(labels))
      return http.post<DrawnSegmentation>(`${seriesPath(caseId, studyUid, seriesUid)}/nifti-mask`, form)
    },
    onSuccess: () => client.invalidateQueries({ queryKey: drawnKey(caseId) }),
  })
}
