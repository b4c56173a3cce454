import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import { getAll, getPage } from './pages'
import type { CaseDetail, CaseListEntry, CaseMember, Guise, PacsConnection, PacsSearch, PatientIdentity, PriorStudy, Study } from './types'

export const caseKeys = {
  list: (filters?: CaseFilters) => ['cases', filters ?? {}] as const,
  one: (caseId: string) => ['case', caseId] as const,
  members: (caseId: string) => ['case', caseId, 'members'] as const,
  studies: (caseId: string) => ['case', caseId, 'studies'] as const,
  priors: (caseId: string) => ['case', caseId, 'priors'] as const,
}

export interface CaseFilters {
  search?: string
  status?: string
  tumour_type?: string
}

export const casesOf = (filters?: CaseFilters) =>
  queryOptions({
    queryKey: caseKeys.list(filters),
    queryFn: ({ signal }) => getAll<CaseListEntry>('/api/cases', { query: { ...filters }, signal }),
    staleTime: 20_000,
  })

export function useCases(filters?: CaseFilters) {
  return useQuery({
    ...casesOf(filters),
    placeholderData: (previous) => previous,
    // Each reading of a list is an audit entry: no faster than it changes.
    refetchInterval: 60_000,
  })
}

export const caseOf = (caseId: string) =>
  queryOptions({
    queryKey: caseKeys.one(caseId),
    queryFn: ({ signal }) => http.get<CaseDetail>(`/api/cases/${caseId}`, { signal }),
  })

export function useCase(caseId: string) {
  return useQuery({ ...caseOf(caseId), enabled: caseId !== '' })
}

export interface NewCase {
  patient: string
  title: string
  clinical_question: string
  tumour_type: string
  urgency: string
  urgency_reason: string
  history: string
  stage: string
}

export function useCreateCase() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (entry: NewCase) => http.post<CaseDetail>('/api/cases', entry),
    onSuccess: () => client.invalidateQueries({ queryKey: ['cases'] }),
  })
}

export function usePatients(search: string, enabled: boolean) {
  return useQuery({
    queryKey: ['patients', search],
    queryFn: ({ signal }) => getPage<PatientIdentity>('/api/patients', { query: { search }, signal }),
    select: (page) => page.results,
    enabled,
    placeholderData: (previous) => previous,
  })
}

export type NewPatient = Pick<PatientIdentity, 'patient_id' | 'name' | 'birth_date' | 'sex'> & { issuer: string }

export function useCreatePatient() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (patient: NewPatient) => http.post<PatientIdentity>('/api/patients', patient),
    onSuccess: () => client.invalidateQueries({ queryKey: ['patients'] }),
  })
}

export function useReviseCase(caseId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ version, ...changes }: { version: number } & Partial<CaseDetail>) =>
      http.patch<CaseDetail>(`/api/cases/${caseId}`, { ...changes, version }, { version }),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: caseKeys.one(caseId) }),
        client.invalidateQueries({ queryKey: ['cases'] }),
      ]),
  })
}

export function useMembers(caseId: string, enabled = true) {
  return useQuery({
    queryKey: caseKeys.members(caseId),
    queryFn: ({ signal }) => getAll<CaseMember>(`/api/cases/${caseId}/members`, { signal }),
    enabled,
  })
}

export function useGrantAccess(caseId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (grant: { user: string; guise: Guise; capacity: string; expires_at: string | null }) =>
      http.post<CaseMember>(`/api/cases/${caseId}/members`, grant),
    onSuccess: () => client.invalidateQueries({ queryKey: caseKeys.one(caseId) }),
  })
}

export function useRevokeAccess(caseId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (grantId: string) => http.delete(`/api/cases/${caseId}/members/${grantId}`),
    onSuccess: () => client.invalidateQueries({ queryKey: caseKeys.one(caseId) }),
  })
}

const WORKING_POLL_MS = 1_500
const IDLE_POLL_MS = 30_000

/** A case's studies; polled quickly only while one is still being fetched. */
export const studiesOf = (caseId: string) =>
  queryOptions({
    queryKey: caseKeys.studies(caseId),
    queryFn: ({ signal }) => getAll<Study>(`/api/cases/${caseId}/studies`, { signal }),
  })

export function useStudies(caseId: string) {
  return useQuery({
    ...studiesOf(caseId),
    refetchInterval: (query) =>
      query.state.data?.some((study) => study.state === 'queued' || study.state === 'ingesting')
        ? WORKING_POLL_MS
        : IDLE_POLL_MS,
  })
}

/** Offers change with the meeting's prefetch, not by the minute. */
export function useCasePriors(caseId: string) {
  return useQuery({
    queryKey: caseKeys.priors(caseId),
    queryFn: ({ signal }) => getAll<PriorStudy>(`/api/cases/${caseId}/priors`, { signal }),
    staleTime: 60_000,
  })
}

export interface StudyLink {
  pacs: string
  study_instance_uid: string
  mismatch_reason?: string
}

export function useLinkStudy(caseId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (link: StudyLink) => http.post<Study>(`/api/cases/${caseId}/studies`, link),
    onSuccess: () => client.invalidateQueries({ queryKey: caseKeys.one(caseId) }),
  })
}

export function useRetryStudy(caseId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (studyInstanceUid: string) => http.post(`/api/cases/${caseId}/studies/${studyInstanceUid}/retry`),
    onSuccess: () => client.invalidateQueries({ queryKey: caseKeys.studies(caseId) }),
  })
}

export function usePacsList(enabled = true) {
  return useQuery({
    queryKey: ['pacs'],
    queryFn: ({ signal }) => getAll<PacsConnection>('/api/pacs', { signal }),
    enabled,
  })
}

export interface PacsQuery {
  PatientID?: string
  PatientName?: string
  StudyDate?: string
  AccessionNumber?: string
  StudyInstanceUID?: string
}

export const ALL_PACS = 'all'

/** In one PACS, or in all of them at once; a PACS that does not answer is told in `answers`. */
export function usePacsSearch(pacs: string | null, query: PacsQuery | null) {
  const path = pacs === ALL_PACS ? '/api/pacs/studies' : `/api/pacs/${pacs}/studies`
  return useQuery({
    queryKey: ['pacs', pacs, 'studies', query],
    queryFn: ({ signal }) => http.get<PacsSearch>(path, { query: { ...query }, signal }),
    enabled: pacs !== null && query !== null,
    staleTime: 0,
    retry: false,
  })
}
