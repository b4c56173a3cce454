import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import { getAll } from './pages'
import type { Finding, HistoryEntry, Job, ModelEntry } from './types'

export interface FindingFilters {
  case?: string
  state?: string
}

export const findingKeys = {
  list: (filters: FindingFilters) => ['findings', filters] as const,
  jobs: (caseId?: string) => ['jobs', caseId ?? 'all'] as const,
}

export function useFindings(filters: FindingFilters, enabled = true) {
  return useQuery({
    queryKey: findingKeys.list(filters),
    queryFn: ({ signal }) => getAll<Finding>('/api/findings', { query: { ...filters }, signal }),
    enabled,
    refetchInterval: (query) => (query.state.data?.some(isBeingSent) ? 2_000 : 20_000),
  })
}

/** On its way to the PACS, and no attempt has failed: whoever accepted it waits for the word. */
const isBeingSent = ({ export: sent }: Finding): boolean => (sent?.state === 'queued' || sent?.state === 'storing') && !sent.error

/** `reason_code` values of a dismissal. There is no default: somebody must choose. */
export const DISMISS_REASONS = [
  'false-positive-artefact',
  'false-positive-normal-anatomy',
  'false-positive-benign-known',
  'wrong-location',
  'wrong-size-boundary',
  'wrong-class',
  'duplicate',
  'already-known',
  'not-relevant-to-question',
  'image-quality',
  'out-of-scope',
  'treatment-change',
  'cannot-assess',
  'other',
] as const
export type DismissReason = (typeof DISMISS_REASONS)[number]

export interface Dismissal {
  reasonCode: DismissReason
  comment: string
  dwellMs?: number
}

export interface Deferral {
  /** A day (YYYY-MM-DD), or none. */
  until: string | null
  comment: string
  dwellMs?: number
}

export interface OpinionDraft {
  decision: 'accepted' | 'dismissed'
  reasonCode: DismissReason | null
  comment: string
}

/** A segment begun from a finding's mask, at the revision that was looked at. */
export interface AmendedBy {
  segmentation: string
  segment: number
  revision: number
}

/** A detection's box as the reviewer left it: corners, LPS mm. */
export interface AmendedBox {
  low: [number, number, number]
  high: [number, number, number]
}

/** How a finding is accepted: as it is, with its mask painted anew, or with its box moved. */
export interface Acceptance {
  amendedBy?: AmendedBy
  amendedBox?: AmendedBox
  dwellMs?: number
}

const opened = new Set<string>()

/** Says once that the reader has opened a finding; that it could not be said stops nobody. */
export function sayOpened(finding: Finding): void {
  const name = `${finding.id} ${finding.case}`
  if (opened.has(name)) return
  opened.add(name)
  http.post(`/api/findings/${finding.id}/opened`, { case: finding.case }).catch(() => opened.delete(name))
}

export function useReviewFinding() {
  const client = useQueryClient()
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ['findings'] }),
      client.invalidateQueries({ queryKey: ['cases'] }),
      client.invalidateQueries({ queryKey: ['case'] }),
      client.invalidateQueries({ queryKey: ['urgency-notices'] }),
    ])
  const accept = useMutation({
    mutationFn: ({ finding, amendedBy, amendedBox, dwellMs }: { finding: Finding } & Acceptance) =>
      http.post<Finding>(`/api/findings/${finding.id}/accept`, {
        version: finding.version,
        case: finding.case,
        ...(amendedBy && { amended_by: { segmentation: amendedBy.segmentation, segment: amendedBy.segment, revision: amendedBy.revision } }),
        ...(amendedBox && { amended_box: amendedBox }),
        ...(dwellMs !== undefined && { dwell_ms: Math.round(dwellMs) }),
      }),
    onSettled: refresh,
  })
  const dismiss = useMutation({
    mutationFn: ({ finding, dismissal }: { finding: Finding; dismissal: Dismissal }) =>
      http.post<Finding>(`/api/findings/${finding.id}/dismiss`, {
        version: finding.version,
        case: finding.case,
        reason_code: dismissal.reasonCode,
        comment: dismissal.comment,
        ...(dismissal.dwellMs !== undefined && { dwell_ms: Math.round(dismissal.dwellMs) }),
      }),
    onSettled: refresh,
  })
  const defer = useMutation({
    mutationFn: ({ finding, deferral }: { finding: Finding; deferral: Deferral }) =>
      http.post<Finding>(`/api/findings/${finding.id}/defer`, {
        version: finding.version,
        case: finding.case,
        until: deferral.until,
        comment: deferral.comment,
        ...(deferral.dwellMs !== undefined && { dwell_ms: Math.round(deferral.dwellMs) }),
      }),
    onSettled: refresh,
  })
  const opine = useMutation({
    mutationFn: ({ finding, opinion }: { finding: Finding; opinion: OpinionDraft }) =>
      http.post<Finding>(`/api/findings/${finding.id}/opinions`, {
        version: finding.version,
        case: finding.case,
        decision: opinion.decision,
        reason_code: opinion.reasonCode ?? '',
        comment: opinion.comment,
      }),
    onSettled: refresh,
  })
  const retryExport = useMutation({
    mutationFn: (finding: Finding) => http.post<Finding>(`/api/findings/${finding.id}/export/retry`, { case: finding.case }),
    onSettled: refresh,
  })
  return {
    accept: async (finding: Finding, how: Acceptance = {}) => void (await accept.mutateAsync({ finding, ...how })),
    defer: async (finding: Finding, deferral: Deferral) => void (await defer.mutateAsync({ finding, deferral })),
    opine: async (finding: Finding, opinion: OpinionDraft) => void (await opine.mutateAsync({ finding, opinion })),
    dismiss: async (finding: Finding, dismissal: Dismissal) => void (await dismiss.mutateAsync({ finding, dismissal })),
    retryExport: async (finding: Finding) => void (await retryExport.mutateAsync(finding)),
  }
}

export function useModels() {
  return useQuery({
    queryKey: ['models'],
    queryFn: ({ signal }) => getAll<ModelEntry>('/api/models', { signal }),
    staleTime: 60_000,
  })
}

export const isJobOpen = (job: Job): boolean => job.state === 'queued' || job.state === 'running'

/** The runs of a case, or of all; what one that ended has found is asked for at once. */
export function useJobs(caseId?: string, enabled = true) {
  const client = useQueryClient()
  const queryKey = findingKeys.jobs(caseId)
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const before = client.getQueryData<Job[]>(queryKey)
      const jobs = await getAll<Job>('/api/jobs', { query: { case: caseId }, signal })
      if (before && foundSince(before, jobs)) void client.invalidateQueries({ queryKey: ['findings'] })
      return jobs
    },
    enabled,
    refetchInterval: (query) => (query.state.data?.some(isJobOpen) ? 1_500 : 15_000),
  })
}

function foundSince(before: Job[], now: Job[]): boolean {
  const known = new Set(before.filter(({ state }) => state === 'findings').map(({ id }) => id))
  return now.some(({ id, state }) => state === 'findings' && !known.has(id))
}

/** The runs, undefined while they are asked for, null where they cannot be had. */
export const jobsKnown = (jobs: { data?: Job[]; error: unknown }): Job[] | null | undefined =>
  jobs.data ?? (jobs.error ? null : undefined)

export function useJobActions() {
  const client = useQueryClient()
  const refresh = () => client.invalidateQueries({ queryKey: ['jobs'] })
  return {
    start: useMutation({
      mutationFn: (request: { case: string; model: string; series_instance_uid: string; inputs?: Record<string, string>; is_urgent?: boolean }) =>
        http.post<Job>('/api/jobs', request),
      onSettled: refresh,
    }),
    cancel: useMutation({ mutationFn: (jobId: string) => http.post<Job>(`/api/jobs/${jobId}/cancel`), onSettled: refresh }),
    retry: useMutation({ mutationFn: (jobId: string) => http.post<Job>(`/api/jobs/${jobId}/retry`), onSettled: refresh }),
  }
}

export const findingHistory = (finding: Finding, signal?: AbortSignal): Promise<HistoryEntry[]> =>
  http.get<HistoryEntry[]>(`/api/findings/${finding.id}/history`, { query: { case: finding.case }, signal })
