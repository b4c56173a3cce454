import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import { getAll } from './pages'
import type {
  AgendaItem,
  AiReading,
  Board,
  BoardMember,
  BoardRole,
  LiveSession,
  Meeting,
  PlannedSeries,
  SeriesPlan,
} from './types'

export * from './decisions'

export const boardKeys = {
  meetings: (filters: MeetingFilters) => ['meetings', filters] as const,
  meeting: (meetingId: string) => ['meeting', meetingId] as const,
  agenda: (meetingId: string) => ['meeting', meetingId, 'agenda'] as const,
  decisions: (caseId: string) => ['decisions', caseId] as const,
}

export interface MeetingFilters {
  board?: string
  since?: string
}

export function useBoards() {
  return useQuery({
    queryKey: ['boards'],
    queryFn: ({ signal }) => getAll<Board>('/api/boards', { signal }),
    staleTime: 60_000,
  })
}

export function useBoardMembers(boardId: string | null) {
  return useQuery({
    queryKey: ['boards', boardId, 'members'],
    queryFn: ({ signal }) => getAll<BoardMember>(`/api/boards/${boardId}/members`, { signal }),
    enabled: boardId !== null,
  })
}

/** Seating, changing a role and unseating; what the board opens follows at once. */
export function useBoardMemberActions(boardId: string) {
  const client = useQueryClient()
  const path = `/api/boards/${boardId}/members`
  const refresh = () => Promise.all([['boards'], ['meetings'], ['meeting'], ['cases']].map((queryKey) => client.invalidateQueries({ queryKey })))
  return {
    add: useMutation({
      mutationFn: (seat: { user: string; role: BoardRole }) => http.post<BoardMember>(path, seat),
      onSettled: refresh,
    }),
    change: useMutation({
      mutationFn: ({ id, role }: { id: string; role: BoardRole }) => http.patch<BoardMember>(`${path}/${id}`, { role }),
      onSettled: refresh,
    }),
    remove: useMutation({ mutationFn: (id: string) => http.delete(`${path}/${id}`), onSettled: refresh }),
  }
}

/** Whether the board reads first; what is hidden changes with it everywhere. */
export function useAiReading(boardId: string) {
  const client = useQueryClient()
  const stale = [['boards'], ['findings'], ['jobs'], ['case'], ['cases'], ['meeting']]
  return useMutation({
    mutationFn: (ai_reading: AiReading) =>
      http.put<Board>(`/api/boards/${boardId}/ai-reading`, { ai_reading }),
    onSettled: () => Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
}

export function useMeetings(filters: MeetingFilters = {}) {
  return useQuery({
    queryKey: boardKeys.meetings(filters),
    queryFn: ({ signal }) => getAll<Meeting>('/api/meetings', { query: { ...filters }, signal }),
    placeholderData: (previous) => previous,
    refetchInterval: 30_000,
  })
}

export function useMeeting(meetingId: string | null) {
  return useQuery({
    queryKey: boardKeys.meeting(meetingId ?? ''),
    queryFn: ({ signal }) => http.get<Meeting>(`/api/meetings/${meetingId}`, { signal }),
    enabled: meetingId !== null,
  })
}

export function useCreateMeeting() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (meeting: { board: string; starts_at: string; ends_at: string; room: string }) =>
      http.post<Meeting>('/api/meetings', meeting),
    onSuccess: () => client.invalidateQueries({ queryKey: ['meetings'] }),
  })
}

/** A board that meets by a rule: its meetings of the next half year are made at once. */
export function usePlanSeries() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (series: SeriesPlan) => http.post<PlannedSeries>('/api/meeting-series', series),
    onSuccess: () => client.invalidateQueries({ queryKey: ['meetings'] }),
  })
}

export function useAgenda(meetingId: string | null) {
  return useQuery({
    queryKey: boardKeys.agenda(meetingId ?? ''),
    queryFn: ({ signal }) => getAll<AgendaItem>(`/api/meetings/${meetingId}/agenda`, { signal }),
    enabled: meetingId !== null,
    refetchInterval: 20_000,
  })
}

export function useAgendaActions(meetingId: string) {
  const client = useQueryClient()
  const key = boardKeys.agenda(meetingId)
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: key }),
      client.invalidateQueries({ queryKey: ['meetings'] }),
      client.invalidateQueries({ queryKey: ['cases'] }),
    ])
  return {
    schedule: useMutation({
      mutationFn: ({ caseId, lateReason = '' }: { caseId: string; lateReason?: string }) =>
        http.post<AgendaItem>(`/api/meetings/${meetingId}/agenda`, { case: caseId, late_reason: lateReason }),
      onSettled: refresh,
    }),
    move: useMutation({
      mutationFn: ({ item, position }: { item: AgendaItem; position: number }) =>
        http.patch<AgendaItem>(`/api/agenda-items/${item.id}`, { position }, { version: item.version }),
      onMutate: ({ item, position }) => {
        const before = client.getQueryData<AgendaItem[]>(key)
        if (before) client.setQueryData(key, reorder(before, item.id, position))
        return { before }
      },
      onError: (_error, _move, context) => {
        if (context?.before) client.setQueryData(key, context.before)
      },
      onSettled: refresh,
    }),
    remove: useMutation({
      mutationFn: (item: AgendaItem) => http.delete(`/api/agenda-items/${item.id}`),
      onSettled: refresh,
    }),
  }
}

/** The agenda with one item moved to `position` (1-based), numbered anew. */
export function reorder(items: readonly AgendaItem[], itemId: string, position: number): AgendaItem[] {
  const sorted = [...items].sort((a, b) => a.position - b.position)
  const from = sorted.findIndex((item) => item.id === itemId)
  const [moved] = from < 0 ? [] : sorted.splice(from, 1)
  if (moved) sorted.splice(Math.max(0, Math.min(position - 1, sorted.length)), 0, moved)
  return sorted.map((item, index) => ({ ...item, position: index + 1 }))
}

export function useLiveSessions() {
  return useQuery({
    queryKey: ['live-sessions'],
    queryFn: ({ signal }) => getAll<LiveSession>('/api/live/sessions', { signal }),
    refetchInterval: 15_000,
  })
}

export function useStartLive() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (subject: { meeting: string } | { case: string }) => http.post<LiveSession>('/api/live/sessions', subject),
    onSuccess: () => client.invalidateQueries({ queryKey: ['live-sessions'] }),
  })
}
