import { useQuery } from '@tanstack/react-query'

import { http } from './http'
import { getAll } from './pages'
import { Problem } from './problem'
import type { DrawnSegmentation } from './types'

const REFRESH_MS = 15_000

export const drawnKey = (caseId: string) => ['drawn', caseId] as const
const pathOf = (id: string): string => `/api/segmentations/${id}`

export interface SegmentDraft {
  readonly number?: number | null
  readonly label: string
  readonly type: string
  readonly colour: string
}

/** Segmentations that people drew in a case. */
export function useDrawnSegmentations(caseId: string) {
  return useQuery({
    queryKey: drawnKey(caseId),
    queryFn: ({ signal }) =>
      getAll<DrawnSegmentation>('/api/segmentations', { query: { case: caseId }, signal }),
    refetchInterval: REFRESH_MS,
  })
}

/** Voxels as they travel (`viewer/brush/chunk.ts` packs them). */
export interface DrawnChunk {
  readonly box: readonly number[]
  readonly segments: readonly number[]
  readonly sha256: string
  readonly body: Uint8Array<ArrayBuffer>
}

export const drawnApi = {
  begin: (body: {
    case: string
    study_instance_uid: string
    series_instance_uid: string
    stack: number
    name: string
    segments: SegmentDraft[]
    origin?: { kind: 'finding' | 'segment'; id: string; number?: number; label: string }
  }) => http.post<DrawnSegmentation>('/api/segmentations', body),
  change: ({ id, version }: DrawnSegmentation, segments: SegmentDraft[]) =>
    http.patch<DrawnSegmentation>(pathOf(id), { segments }, { version }),
  remove: ({ id, version }: DrawnSegmentation) => http.delete<unknown>(pathOf(id), { version }),
  restore: ({ id, version }: DrawnSegmentation) =>
    http.post<DrawnSegmentation>(`${pathOf(id)}/restore`, undefined, { version: version + 1 }),
  grid: (id: string) =>
    http.get<{ shape: [number, number, number]; sop_instance_uids: string[]; frames: number[] }>(
      `${pathOf(id)}/grid`,
    ),
  send: (id: string, parent: number, { box, segments, sha256, body }: DrawnChunk) =>
    http.put<unknown>(`${pathOf(id)}/chunks`, body, {
      query: { parent, sha256, box: box.join(','), segments: segments.join(',') },
      headers: { 'Content-Type': 'application/octet-stream' },
    }),
  commit: (id: string, parent: number, sha256: string) =>
    http.post<DrawnSegmentation>(`${pathOf(id)}/revisions`, { parent, sha256 }),
  revert: (id: string, parent: number, revision: number) =>
    http.post<DrawnSegmentation>(`${pathOf(id)}/revisions`, { parent, inverse_of: revision }),
  /** Packed bits of one segment in a box. */
  voxels: async (id: string, revision: number, segment: number, box: readonly number[]) => {
    const asked = `segment=${segment}&box=${box.join(',')}`
    const path = `${pathOf(id)}/revisions/${revision}/voxels?${asked}`
    const response = await fetch(path, { credentials: 'same-origin' })
    if (!response.ok) {
      throw new Problem({ status: response.status, code: 'voxels_unavailable', title: '' })
    }
    return new Uint8Array(await response.arrayBuffer())
  },
}
