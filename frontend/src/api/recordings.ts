import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import type { LogEvent } from '@/protocol/generated'
import type { RecordedState } from '@/protocol/replay'

import { http } from './http'
import type { Board } from './types'
import type * as wire from './schema'

export type Recording = wire.Recording
export type RecordedChapter = wire.Chapter
export type CaseRecording = wire.CaseRecording

export type BoardRecording = Pick<
  Board,
  'is_recorded' | 'records_pointers' | 'keeps_recordings_days'
>

interface EventPage {
  readonly states: RecordedState[]
  readonly events: LogEvent[]
  readonly next_after: number | null
}

export interface PointerTrack {
  readonly from_at: string
  readonly people: readonly string[]
  readonly places: readonly PointerPlace[]
  /** Milliseconds after `from_at`, person, place or -1, coordinates. */
  readonly samples: readonly (readonly [number, number, number, readonly number[]])[]
}

export interface PointerPlace {
  readonly series_instance_uid: string
  readonly frame_of_reference_uid: string | null
  readonly sop_instance_uid: string | null
  readonly frame: number | null
}

export const fetchRecording = (session: string, signal?: AbortSignal): Promise<Recording> =>
  http.get<Recording>(`/api/live/sessions/${session}/recording`, { signal })

/** All of one chapter, page by page. */
export async function fetchChapter(
  session: string,
  from_seq: number,
  signal?: AbortSignal,
): Promise<Pick<EventPage, 'states' | 'events'>> {
  const states: RecordedState[] = []
  const events: LogEvent[] = []
  let after: number | null = from_seq
  while (after !== null) {
    const path = `/api/live/sessions/${session}/recording/events`
    const page: EventPage = await http.get<EventPage>(path, { query: { after }, signal })
    states.push(...page.states)
    events.push(...page.events)
    after = page.next_after
  }
  return { states, events }
}

export const fetchPointers = (
  session: string,
  since: string,
  until: string,
): Promise<{ tracks: PointerTrack[] }> =>
  http.get(`/api/live/sessions/${session}/recording/pointers`, { query: { since, until } })

/** Recordings in which the case was on, newest first. */
export function useCaseRecordings(caseId: string) {
  return useQuery({
    queryKey: ['recordings', caseId],
    queryFn: async ({ signal }) => {
      const query = { case: caseId }
      return (await http.get<{ results: CaseRecording[] }>('/api/live/recordings', { query, signal })).results
    },
  })
}

/** Whether the sessions of a board are recorded from now on, and how long that is kept. */
export function useBoardRecording(boardId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (rules: BoardRecording) => http.put<Board>(`/api/boards/${boardId}/recording`, rules),
    onSettled: () => client.invalidateQueries({ queryKey: ['boards'] }),
  })
}
