import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import { getAll } from './pages'
import type * as wire from './schema'

export type FollowUpTask = wire.FollowUpTask
export type FollowUpResult = wire.FollowUpResult
export type FollowUpState = wire.FollowUpStateEnum
export type Implementation = wire.ImplementationEnum
export type NonAdherenceReason = wire.NonAdherenceReasonEnum
export type CaseFollowUp = wire.CaseFollowUp
export type DecidedOutcome = wire.DecidedOutcome
export type IncidentalFinding = wire.IncidentalFinding
export type TreatmentKind = wire.TreatmentKindEnum

export interface TaskFilters {
  board?: string
  mine?: boolean
  overdue?: boolean
  unfinished?: boolean
  due_within?: number
}

/** The body of one result: in part or not at all has a reason. */
export interface ResultBody {
  implementation?: Implementation
  follow_up_status?: string
  reason_code?: string
  text: string
  corrects?: string
}

const query = (filters: TaskFilters) => ({
  board: filters.board,
  mine: filters.mine || undefined,
  overdue: filters.overdue || undefined,
  unfinished: filters.unfinished || undefined,
  due_within: filters.due_within,
})

export function useFollowUpTasks(filters: TaskFilters) {
  return useQuery({
    queryKey: ['follow-up', 'tasks', filters],
    queryFn: ({ signal }) => getAll<FollowUpTask>('/api/follow-up-tasks', { query: query(filters), signal }),
    placeholderData: (previous) => previous,
  })
}

export function useResults(taskId: string, enabled: boolean) {
  return useQuery({
    queryKey: ['follow-up', 'results', taskId],
    queryFn: ({ signal }) => getAll<FollowUpResult>(`/api/follow-up-tasks/${taskId}/results`, { signal }),
    enabled,
  })
}

export function useCaseFollowUp(caseId: string, enabled = true) {
  return useQuery({
    queryKey: ['follow-up', 'case', caseId],
    queryFn: ({ signal }) => http.get<CaseFollowUp>(`/api/cases/${caseId}/follow-up`, { signal }),
    enabled,
  })
}

function useRefresh() {
  const client = useQueryClient()
  return () => Promise.all([['follow-up'], ['case'], ['cases']].map((queryKey) => client.invalidateQueries({ queryKey })))
}

export function useTaskActions(task: Pick<FollowUpTask, 'id' | 'version'>) {
  const refresh = useRefresh()
  const path = `/api/follow-up-tasks/${task.id}`
  const version = { version: task.version }
  return {
    record: useMutation({
      mutationFn: ({ body, key }: { body: ResultBody; key: string }) =>
        http.post<FollowUpTask>(`${path}/results`, body, { ...version, headers: { 'Idempotency-Key': key } }),
      onSettled: refresh,
    }),
    change: useMutation({
      mutationFn: (changes: { owner?: string; due?: string }) => http.patch<FollowUpTask>(path, changes, version),
      onSettled: refresh,
    }),
    handOver: useMutation({
      mutationFn: (to: string) => http.post<FollowUpTask>(`${path}/hand-over`, { to }, version),
      onSettled: refresh,
    }),
  }
}

export interface OutcomeBody {
  treatment_started_on: string | null
  treatment_kind: string
  text: string
  rereferred_case: string | null
  rereferred_item: string | null
}

export function useCaseFollowUpActions(caseId: string) {
  const refresh = useRefresh()
  return {
    saveOutcome: useMutation({
      mutationFn: ({ decision, version, body }: { decision: string; version: number; body: OutcomeBody }) =>
        http.put(`/api/decisions/${decision}/outcome`, body, { version }),
      onSettled: refresh,
    }),
    mark: useMutation({
      mutationFn: (finding: string) => http.post(`/api/cases/${caseId}/incidental-findings`, { finding }),
      onSettled: refresh,
    }),
    assign: useMutation({
      mutationFn: ({ row, owner, due }: { row: IncidentalFinding; owner: string; due: string }) =>
        http.put(`/api/incidental-findings/${row.id}`, { owner, due }, { version: row.version }),
      onSettled: refresh,
    }),
    unmark: useMutation({
      mutationFn: (row: IncidentalFinding) => http.delete(`/api/incidental-findings/${row.id}`, { version: row.version }),
      onSettled: refresh,
    }),
    present: useMutation({
      mutationFn: ({ item, ...body }: { item: string; is_prospective: boolean | null; is_analytic: boolean | null }) =>
        http.put(`/api/agenda-items/${item}/presentation`, body),
      onSettled: refresh,
    }),
    close: useMutation({
      mutationFn: (version: number) => http.post(`/api/cases/${caseId}/close`, {}, { version }),
      onSettled: refresh,
    }),
  }
}
