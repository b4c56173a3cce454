import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import { getAll } from './pages'
import type * as wire from './schema'

export type ValidationRun = wire.ValidationRun
export type ValidationRunDetail = wire.ValidationRunDetail
export type ValidationFolders = wire.ValidationFolders
export type ValidationMetrics = wire.ValidationMetrics
export type OverlapFigures = wire.OverlapFigures
export type SubgroupFigures = wire.SubgroupFigures
export type LeftOut = wire.LeftOut
export type Estimate = wire.Estimate
export type Spread = wire.Spread

const RUNS = '/api/validation/runs'
const OPEN_EVERY_MS = 1_500
const ENDED_EVERY_MS = 30_000

export const isRunOpen = (run: Pick<ValidationRun, 'state'>): boolean => run.state === 'queued' || run.state === 'running'

/** An address, for a link that saves the file. */
export const reportAddress = (runId: string, kind: 'html' | 'csv' | 'json'): string => `${RUNS}/${runId}/report.${kind}`

export function useValidationFolders(enabled: boolean) {
  return useQuery({
    queryKey: ['validation', 'folders'],
    queryFn: ({ signal }) => http.get<ValidationFolders>('/api/validation/folders', { signal }),
    enabled,
  })
}

export function useValidationRuns(enabled: boolean) {
  return useQuery({
    queryKey: ['validation', 'runs'],
    queryFn: ({ signal }) => getAll<ValidationRun>(RUNS, { signal }),
    enabled,
    refetchInterval: (query) => (query.state.data?.some(isRunOpen) ? OPEN_EVERY_MS : ENDED_EVERY_MS),
  })
}

export function useValidationRun(runId: string, enabled: boolean) {
  return useQuery({
    queryKey: ['validation', 'run', runId],
    queryFn: ({ signal }) => http.get<ValidationRunDetail>(`${RUNS}/${runId}`, { signal }),
    enabled,
    refetchInterval: (query) => (query.state.data && isRunOpen(query.state.data) ? OPEN_EVERY_MS : false),
  })
}

export interface ValidationRequest {
  version: string
  folder: string
  limit: number | null
}

export function useValidationActions() {
  const client = useQueryClient()
  const refresh = () => client.invalidateQueries({ queryKey: ['validation'] })
  return {
    start: useMutation({ mutationFn: (request: ValidationRequest) => http.post<ValidationRun>(RUNS, request), onSettled: refresh }),
    record: useMutation({ mutationFn: (runId: string) => http.post<ValidationRunDetail>(`${RUNS}/${runId}/record`), onSettled: refresh }),
    cancel: useMutation({ mutationFn: (runId: string) => http.post<ValidationRun>(`${RUNS}/${runId}/cancel`), onSettled: refresh }),
  }
}
