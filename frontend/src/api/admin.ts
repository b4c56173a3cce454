import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import { getAll, getPage, samePath } from './pages'
import type { AuditEntry, Institution, PacsConnection, PacsTest, Person } from './types'

export function usePeople(search: string, enabled = true) {
  return useQuery({
    queryKey: ['people', search],
    queryFn: ({ signal }) => getPage<Person>('/api/people', { query: { search }, signal }),
    select: (page) => page.results,
    enabled,
    placeholderData: (previous) => previous,
  })
}

export interface NewPerson {
  email: string
  display_name: string
  password: string
  discipline: string
  institution: string | null
  system_roles: string[]
  is_trainee: boolean
}

export function usePeopleActions() {
  const client = useQueryClient()
  const refresh = () => client.invalidateQueries({ queryKey: ['people'] })
  return {
    create: useMutation({ mutationFn: (person: NewPerson) => http.post<Person>('/api/people', person), onSuccess: refresh }),
    setActive: useMutation({
      mutationFn: ({ id, is_active }: { id: string; is_active: boolean }) =>
        http.patch<Person>(`/api/people/${id}`, { is_active }),
      onSettled: refresh,
    }),
  }
}

export function useInstitutions() {
  return useQuery({
    queryKey: ['institutions'],
    queryFn: ({ signal }) => getAll<Institution>('/api/institutions', { signal }),
  })
}

export function useCreateInstitution() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => http.post<Institution>('/api/institutions', { name }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['institutions'] }),
  })
}

export interface PacsForm {
  name: string
  base_url: string
  auth_kind: string
  username: string
  secret: string
  allowed_networks: string[]
  default_issuer: string
  priority: number
  is_active: boolean
  ca_certificates: string
  client_certificate: string
  client_key: string
}

export function usePacsActions() {
  const client = useQueryClient()
  const refresh = () => client.invalidateQueries({ queryKey: ['pacs'] })
  return {
    create: useMutation({ mutationFn: (form: Partial<PacsForm>) => http.post<PacsConnection>('/api/pacs', form), onSuccess: refresh }),
    revise: useMutation({
      mutationFn: ({ id, form }: { id: string; form: Partial<PacsForm> }) =>
        http.patch<PacsConnection>(`/api/pacs/${id}`, form),
      onSuccess: refresh,
    }),
    // The row then tells when it was tested, and what went wrong last.
    test: useMutation({ mutationFn: (id: string) => http.post<PacsTest>(`/api/pacs/${id}/test`), onSettled: refresh }),
  }
}

export interface AuditFilters {
  case?: string
  actor?: string
  action?: string
}

/** The trail, newest first, a page at a time: it has no end worth waiting for. */
export function useAudit(filters: AuditFilters) {
  return useInfiniteQuery({
    queryKey: ['audit', filters],
    queryFn: ({ pageParam, signal }) =>
      pageParam ? getPage<AuditEntry>(pageParam, { signal }) : getPage<AuditEntry>('/api/audit', { query: { ...filters }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => (last.next ? samePath(last.next) : undefined),
  })
}
