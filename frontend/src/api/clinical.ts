import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { caseKeys } from './cases'
import { http } from './http'
import { getAll } from './pages'
import type * as wire from './schema'

export type ClinicalContent = wire.ClinicalContent
export type Timeline = wire.Timeline
export type TimelineLine = wire.TimelineLine
export type FoundCode = wire.FoundCode
export type StageTable = wire.StageTable
export type KindOfEntry = Exclude<keyof ClinicalContent, 'is_withheld' | 'truncated'>

/** What every entry has, and whatever its kind adds. */
export type ClinicalEntry = Omit<ClinicalContent['preferences'][number], 'text'> & Record<string, unknown>

const clinicalKey = (caseId: string) => [...caseKeys.one(caseId), 'clinical'] as const

export function useClinical(caseId: string) {
  return useQuery({
    queryKey: clinicalKey(caseId),
    queryFn: ({ signal }) => http.get<ClinicalContent>(`/api/cases/${caseId}/clinical`, { signal }),
  })
}

export function useTimeline(caseId: string) {
  return useQuery({
    queryKey: [...caseKeys.one(caseId), 'timeline'],
    queryFn: ({ signal }) => http.get<Timeline>(`/api/cases/${caseId}/timeline`, { signal }),
  })
}

/** Also what was superseded or entered in error. */
export function useHistoryOf(caseId: string, kind: KindOfEntry) {
  return useQuery({
    queryKey: [...clinicalKey(caseId), kind, 'history'],
    queryFn: ({ signal }) => getAll<ClinicalEntry>(`/api/cases/${caseId}/clinical/${kind}`, { query: { history: true }, signal }),
  })
}

export interface SaidEntry {
  kind: KindOfEntry
  /** The entry that this one takes the place of. */
  before?: ClinicalEntry
  fields: Record<string, unknown>
}

export function useSayEntry(caseId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ kind, before, fields }: SaidEntry) => {
      const base = `/api/cases/${caseId}/clinical/${kind}`
      return before
        ? http.patch<ClinicalEntry>(`${base}/${before.id}`, fields, { version: before.version })
        : http.post<ClinicalEntry>(base, fields)
    },
    // The case itself says diagnosis, stage and ECOG of its newest entries; the timeline all of it.
    onSuccess: () => client.invalidateQueries({ queryKey: caseKeys.one(caseId) }),
  })
}

export function useWithdrawEntry(caseId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ kind, entry, reason }: { kind: KindOfEntry; entry: ClinicalEntry; reason: string }) =>
      http.post<ClinicalEntry>(`/api/cases/${caseId}/clinical/${kind}/${entry.id}/withdraw`, { reason }, { version: entry.version }),
    onSuccess: () => client.invalidateQueries({ queryKey: caseKeys.one(caseId) }),
  })
}

/** At most twenty codes, the best first. */
export function useCodes(system: string, typed: string) {
  const q = typed.trim()
  return useQuery({
    queryKey: ['terminology', system, q],
    queryFn: ({ signal }) => http.get<wire.FoundCodes>('/api/terminology', { query: { system, q }, signal }),
    enabled: q.length > 1,
    staleTime: 600_000,
    placeholderData: (previous) => previous,
  })
}

export function useStageTables(enabled: boolean) {
  return useQuery({
    queryKey: ['staging-tables'],
    queryFn: ({ signal }) => getAll<StageTable>('/api/staging-tables', { signal }),
    enabled,
  })
}
