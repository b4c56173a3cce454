import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import { getAll } from './pages'
import type {
  AgendaItem,
  Board,
  BoardMember,
  Consensus,
  Decision,
  LiveSession,
  Meeting,
  Position,
  Recommendation,
} from './types'

export const boardKeys = {
  meetings: (filters: MeetingFilters) => ['meetings', filters] as const,
  meeting: (meetingId: string) => ['meeting', meetingId] as const,
  agenda: (meetingId: string) => ['meeting', meetingId, 'agenda'] as const,
  decisions: (caseId: string) => ['decisions', caseId] as const,
}

export interface MeetingFilters {
  board?: string
  from?: string
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
    mutationFn: (meeting: { board: string; starts_at: string; location?: string; duration_minutes?: number }) =>
      http.post<Meeting>('/api/meetings', meeting),
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
      mutationFn: (caseId: string) => http.post<AgendaItem>(`/api/meetings/${meetingId}/agenda`, { case: caseId }),
      onSettled: refresh,
    }),
    move: useMutation({
      mutationFn: ({ item, position }: { item: AgendaItem; position: number }) =>
        http.patch<AgendaItem>(`/api/agenda-items/${item.id}`, { position }),
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

export function useDecisions(caseId: string, enabled = true) {
  return useQuery({
    queryKey: boardKeys.decisions(caseId),
    queryFn: ({ signal }) => getAll<Decision>('/api/decisions', { query: { case: caseId }, signal }),
    enabled,
    refetchInterval: 20_000,
  })
}

/** What a person fills in; the rest of a Decision is the server's. */
export interface DecisionDraft {
  recommendations: Recommendation[]
  consensus: Consensus | ''
  positions: Position[]
}

export function useDecisionActions(caseId: string) {
  const client = useQueryClient()
  const refresh = () => client.invalidateQueries({ queryKey: boardKeys.decisions(caseId) })
  return {
    save: useMutation({
      mutationFn: ({ decision, meetingId, draft }: { decision: Decision | null; meetingId?: string; draft: DecisionDraft }) =>
        decision
          ? http.patch<Decision>(
              `/api/decisions/${decision.id}`,
              { ...draft, version: decision.version },
              { version: decision.version },
            )
          : http.post<Decision>('/api/decisions', { case: caseId, meeting: meetingId ?? null, ...draft }),
      onSettled: refresh,
    }),
    sign: useMutation({
      mutationFn: (decision: Decision) =>
        http.post<Decision>(
          `/api/decisions/${decision.id}/sign`,
          { version: decision.version },
          { version: decision.version },
        ),
      onSettled: refresh,
    }),
  }
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
