import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http, withQuery } from './http'
import { getAll } from './pages'
import type { ModelAlert, MonitoringDrift, MonitoringReport } from './types'

export interface MonitoringQuery {
  modelId: string
  version?: string
  weeks: number
  /** A subgroup; empty for all runs by week. */
  by: string
}

const path = (modelId: string) => `/api/models/${modelId}`
const asked = ({ version, weeks, by }: MonitoringQuery) => ({ version, weeks, by })

export function useMonitoring(query: MonitoringQuery) {
  return useQuery({
    queryKey: ['monitoring', query],
    queryFn: ({ signal }) => http.get<MonitoringReport>(`${path(query.modelId)}/monitoring`, { query: asked(query), signal }),
    staleTime: 60_000,
  })
}

export function useDrift(modelId: string, version: string | undefined) {
  return useQuery({
    queryKey: ['monitoring', 'drift', modelId, version],
    queryFn: ({ signal }) => http.get<MonitoringDrift>(`${path(modelId)}/drift`, { query: { version }, signal }),
    staleTime: 60_000,
  })
}

/** The same figures as a file, with the same cells hidden. */
export const monitoringCsv = (query: MonitoringQuery): string => withQuery(`${path(query.modelId)}/monitoring/csv`, asked(query))

export function useModelAlerts(modelId: string) {
  return useQuery({
    queryKey: ['model-alerts', modelId],
    queryFn: ({ signal }) => getAll<ModelAlert>('/api/models/alerts', { query: { model: modelId }, signal }),
  })
}

export function useAcknowledgeAlert() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, words }: { id: string; words: string }) => http.post<ModelAlert>(`/api/models/alerts/${id}/acknowledge`, { words }),
    onSettled: () => client.invalidateQueries({ queryKey: ['model-alerts'] }),
  })
}
