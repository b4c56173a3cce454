import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'

import { http } from './http'
import { getPage } from './pages'
import type * as wire from './schema'

export type IntakeList = wire.IntakeList
export type IntakeRow = wire.IntakeRow
export type IntakeListSummary = wire.IntakeListSummary
export type IntakeProgress = wire.IntakeProgress

export const intakeKeys = {
  lists: ['intake-lists'] as const,
  one: (listId: string) => ['intake-list', listId] as const,
  progress: (listId: string) => ['intake-list', listId, 'progress'] as const,
}

export function useIntakeLists() {
  return useQuery({
    queryKey: intakeKeys.lists,
    queryFn: ({ signal }) => getPage<IntakeListSummary>('/api/intake-lists', { query: { limit: 10 }, signal }),
    select: (page) => page.results,
  })
}

export function useIntakeList(listId: string) {
  return useQuery({
    queryKey: intakeKeys.one(listId),
    queryFn: ({ signal }) => http.get<IntakeList>(`/api/intake-lists/${listId}`, { signal }),
    // Each reading is an audit entry: it is read again when a task has done something.
    refetchOnWindowFocus: false,
  })
}

export interface Arrival {
  board: string
  text?: string
  file?: File
}

export function useReceiveList() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ board, text, file }: Arrival) => {
      if (!file) return http.post<IntakeList>('/api/intake-lists', { board, text })
      const form = new FormData()
      form.set('board', board)
      form.set('file', file)
      return http.post<IntakeList>('/api/intake-lists', form)
    },
    onSuccess: (list) => {
      client.setQueryData(intakeKeys.one(list.id), list)
      void client.invalidateQueries({ queryKey: intakeKeys.lists })
    },
  })
}

export interface RowChanges {
  corrections?: Record<string, string | null>
  choice?: '' | 'new' | 'link' | 'skip'
  case?: string | null
  studies?: string[]
}

export interface ListChanges {
  mapping?: Record<string, number>
  date_orders?: Record<string, 'dmy' | 'mdy'>
  issuer?: string
}

/** Everything that is said about one list; each answer is the whole list. */
export function useIntakeActions(listId: string) {
  const client = useQueryClient()
  const path = `/api/intake-lists/${listId}`
  const onSuccess = (list: IntakeList) => client.setQueryData(intakeKeys.one(listId), list)
  // Somebody else, or a task, changed it: what stands now is shown.
  const onError = () => void client.invalidateQueries({ queryKey: intakeKeys.one(listId), exact: true })
  const current = () => client.getQueryData<IntakeList>(intakeKeys.one(listId))?.version
  return {
    map: useMutation({
      mutationFn: (changes: ListChanges) => http.patch<IntakeList>(path, changes, { version: current() }),
      onSuccess,
      onError,
    }),
    correct: useMutation({
      mutationFn: ({ row, changes }: { row: IntakeRow; changes: RowChanges }) =>
        http.patch<IntakeList>(`${path}/rows/${row.position}`, changes, { version: row.version }),
      onSuccess,
      onError,
    }),
    search: useMutation({
      mutationFn: () => http.post<IntakeList>(`${path}/search`, {}, { version: current() }),
      onSuccess,
      onError,
    }),
    confirm: useMutation({
      mutationFn: (meeting: string) => http.post<IntakeList>(`${path}/confirm`, { meeting }, { version: current() }),
      onSuccess,
      onError,
    }),
    undo: useMutation({
      mutationFn: () => http.post<IntakeList>(`${path}/undo`, {}, { version: current() }),
      onSuccess: (list: IntakeList) => {
        onSuccess(list)
        void Promise.all([['meetings'], ['meeting'], ['cases']].map((queryKey) => client.invalidateQueries({ queryKey })))
      },
      onError,
    }),
  }
}

const POLL_MS = 1_000

export const isAtWork = (state: { state: string; search_state: string }): boolean =>
  state.state === 'placing' || state.search_state === 'running'

/** How far the tasks are. When one is done, the list is read anew, and what it changed elsewhere. */
export function useIntakeProgress(list: IntakeList) {
  const client = useQueryClient()
  const busy = isAtWork(list)
  const progress = useQuery({
    queryKey: intakeKeys.progress(list.id),
    queryFn: ({ signal }) => http.get<IntakeProgress>(`/api/intake-lists/${list.id}/progress`, { signal }),
    enabled: busy,
    refetchInterval: POLL_MS,
    staleTime: 0,
  })
  const told = progress.data
  const wasPlacing = useRef(false)
  useEffect(() => {
    if (list.state === 'placing') wasPlacing.current = true
    if (!busy || !told || (told.state === list.state && told.search_state === list.search_state)) return
    void client.invalidateQueries({ queryKey: intakeKeys.one(list.id), exact: true })
    if (wasPlacing.current && told.state !== 'placing') {
      void Promise.all([['meetings'], ['meeting'], ['cases']].map((queryKey) => client.invalidateQueries({ queryKey })))
    }
  }, [busy, told, list, client])
  return busy ? told : undefined
}
