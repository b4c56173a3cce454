import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import { getAll } from './pages'
import type {
  AgendaCapacity,
  AgendaItem,
  CaseMove,
  CaseReadiness,
  CaseTemplate,
  CaseTemplateDetail,
  CaseTemplateDocument,
  MeetingException,
} from './types'

export const readinessKeys = {
  one: (caseId: string) => ['case', caseId, 'readiness'] as const,
  moves: (caseId: string) => ['case', caseId, 'moves'] as const,
  exceptions: (meetingId: string) => ['meeting', meetingId, 'exceptions'] as const,
  capacity: (meetingId: string) => ['meeting', meetingId, 'capacity'] as const,
  templates: ['case-templates'] as const,
}

/** What a triage move needs; the server says what is missing of it. */
export interface TriageWish {
  to: 'submitted' | 'needs_info' | 'ready' | 'soc_listed' | 'deferred' | 'withdrawn'
  reason?: string
  reason_code?: string
  standard?: string
  missing?: { item: string; person?: string | null; address?: string; due_on?: string | null }[]
  override?: boolean
}

export interface ItemWord {
  state: 'arrived' | 'expected' | 'not_needed' | 'cleared'
  on?: string | null
  expected_by?: string | null
  note?: string
  person?: string | null
}

/** What became of one of several: `code` is empty where it was done. */
export interface Outcome {
  case: string
  code: string
  message: string
  move?: string | null
  item?: string | null
}

export function useReadiness(caseId: string, enabled = true) {
  return useQuery({
    queryKey: readinessKeys.one(caseId),
    queryFn: ({ signal }) => http.get<CaseReadiness>(`/api/cases/${caseId}/readiness`, { signal }),
    enabled,
    refetchInterval: 20_000,
  })
}

export function useMoves(caseId: string, enabled = true) {
  return useQuery({
    queryKey: readinessKeys.moves(caseId),
    queryFn: ({ signal }) => getAll<CaseMove>(`/api/cases/${caseId}/moves`, { signal }),
    enabled,
  })
}

export function useReadinessActions(caseId: string) {
  const client = useQueryClient()
  const base = `/api/cases/${caseId}`
  const keep = (row: CaseReadiness) => client.setQueryData(readinessKeys.one(caseId), row)
  const refresh = () => Promise.all([['case', caseId], ['cases'], ['meeting']].map((queryKey) => client.invalidateQueries({ queryKey })))
  return {
    record: useMutation({
      mutationFn: ({ item, ...word }: { item: string } & ItemWord) => http.put<CaseReadiness>(`${base}/readiness/items/${item}`, word),
      onSuccess: keep,
      onSettled: refresh,
    }),
    own: useMutation({
      mutationFn: ({ item, ...owner }: { item: string; person: string | null; address: string; due_on: string | null }) =>
        http.put<CaseReadiness>(`${base}/readiness/items/${item}/owner`, owner),
      onSuccess: keep,
      onSettled: refresh,
    }),
    takeTemplate: useMutation({
      mutationFn: (number: number) => http.put<CaseReadiness>(`${base}/readiness/template`, { number }),
      onSuccess: keep,
      onSettled: refresh,
    }),
    triage: useMutation({
      mutationFn: ({ wish, version }: { wish: TriageWish; version: number }) => http.post<CaseMove>(`${base}/triage`, wish, { version }),
      onSettled: refresh,
    }),
    propose: useMutation({
      mutationFn: (proposal: { standard: string; reason: string }) => http.put<CaseReadiness>(`${base}/triage/proposal`, proposal),
      onSettled: refresh,
    }),
    pullUp: useMutation({
      mutationFn: () => http.post<CaseMove>(`${base}/pull-up`, {}),
      onSettled: refresh,
    }),
  }
}

interface Results<Row> {
  results: Row[]
}

/** Several cases at once, and taking it back. */
export function useBulkActions() {
  const client = useQueryClient()
  const refresh = () => Promise.all([['cases'], ['case'], ['meeting'], ['meetings']].map((queryKey) => client.invalidateQueries({ queryKey })))
  return {
    triage: useMutation({
      mutationFn: ({ cases, wish }: { cases: { id: string; version: number }[]; wish: TriageWish }) =>
        http.post<Results<Outcome>>('/api/triage', { ...wish, cases }),
      onSettled: refresh,
    }),
    undo: useMutation({
      mutationFn: (moves: string[]) => http.post<Results<Outcome>>('/api/triage/undo', { moves }),
      onSettled: refresh,
    }),
    schedule: useMutation({
      mutationFn: ({ meeting, cases, late_reason = '' }: { meeting: string; cases: string[]; late_reason?: string }) =>
        http.post<Results<Outcome>>(`/api/meetings/${meeting}/agenda/many`, { cases, late_reason }),
      onSettled: refresh,
    }),
    takeOff: useMutation({
      mutationFn: async (items: string[]) => {
        for (const item of items) await http.delete(`/api/agenda-items/${item}`)
      },
      onSettled: refresh,
    }),
    remind: useMutation({
      mutationFn: (items: { case: string; item: string }[]) => http.post<Results<{ case: string; item: string; code: string; message: string }>>('/api/item-reminders', { items }),
      onSettled: refresh,
    }),
  }
}

export function useExceptions(meetingId: string, enabled: boolean) {
  return useQuery({
    queryKey: readinessKeys.exceptions(meetingId),
    queryFn: async ({ signal }) => (await http.get<Results<MeetingException>>(`/api/meetings/${meetingId}/exceptions`, { signal })).results,
    enabled,
    refetchInterval: 30_000,
  })
}

export function useCapacity(meetingId: string) {
  return useQuery({
    queryKey: readinessKeys.capacity(meetingId),
    queryFn: ({ signal }) => http.get<AgendaCapacity>(`/api/meetings/${meetingId}/capacity`, { signal }),
    refetchInterval: 30_000,
  })
}

export function useAgendaAsAWhole(meetingId: string) {
  const client = useQueryClient()
  const refresh = () => Promise.all([['meeting', meetingId], ['meetings'], ['cases']].map((queryKey) => client.invalidateQueries({ queryKey })))
  return {
    order: useMutation({
      mutationFn: (order: { by: 'complexity' | 'ai_urgency' | 'list'; items?: string[] }) =>
        http.put<Results<AgendaItem>>(`/api/meetings/${meetingId}/agenda/order`, order),
      onSettled: refresh,
    }),
    carryOver: useMutation({
      mutationFn: () => http.post<{ meeting: { id: string; starts_at: string }; carried: number; left: string[] }>(`/api/meetings/${meetingId}/carry-over`, {}),
      onSettled: refresh,
    }),
    timeBox: useMutation({
      mutationFn: ({ item, is_complex }: { item: AgendaItem; is_complex: boolean }) =>
        http.put<AgendaItem>(`/api/agenda-items/${item.id}/time-box`, { is_complex }, { version: item.version }),
      onSettled: refresh,
    }),
  }
}

/** Time boxes and cut-off of a board. */
export function useAgendaRules(boardId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (rules: { minutes_per_case: number; minutes_per_complex_case: number; cut_off_hours: number }) =>
      http.put(`/api/boards/${boardId}/agenda-rules`, rules),
    onSettled: () => Promise.all([['boards'], ['meeting']].map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
}

export function useTemplates() {
  return useQuery({
    queryKey: readinessKeys.templates,
    queryFn: ({ signal }) => getAll<CaseTemplate>('/api/case-templates', { signal }),
  })
}

export function useTemplate(tumourType: string) {
  return useQuery({
    queryKey: [...readinessKeys.templates, tumourType],
    queryFn: ({ signal }) => http.get<CaseTemplateDetail>(`/api/case-templates/${tumourType}`, { signal }),
  })
}

export function useSaveTemplate(tumourType: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ version, document, note }: { version: number; document: CaseTemplateDocument; note: string }) =>
      http.put<CaseTemplateDetail>(`/api/case-templates/${tumourType}`, { document, note }, { version }),
    onSuccess: () => client.invalidateQueries({ queryKey: readinessKeys.templates }),
  })
}
