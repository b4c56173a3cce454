import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import type { Attendance, Board, CheckedIn, CheckInCode, Meeting, MeetingAttendance } from './types'

const keyOf = (meetingId: string) => ['attendance', meetingId] as const

/** Who is at a meeting and what of the quorum is missing. In a live room the log tells it instead. */
export function useAttendance(meetingId: string) {
  return useQuery({
    queryKey: keyOf(meetingId),
    queryFn: ({ signal }) => http.get<MeetingAttendance>(`/api/meetings/${meetingId}/attendance`, { signal }),
    refetchInterval: 20_000,
  })
}

/** Ticking, saying that somebody left, and taking a wrong tick back. */
export function useAttendanceActions(meetingId: string) {
  const client = useQueryClient()
  const path = `/api/meetings/${meetingId}/attendance`
  const onSettled = () => client.invalidateQueries({ queryKey: keyOf(meetingId) })
  return {
    tick: useMutation({ mutationFn: (user: string) => http.post<Attendance>(path, { user }), onSettled }),
    left: useMutation({ mutationFn: (user: string) => http.patch<Attendance>(`${path}/${user}`, {}), onSettled }),
    remove: useMutation({ mutationFn: (user: string) => http.delete(`${path}/${user}`), onSettled }),
  }
}

/** The code for the wall, read anew as soon as it changes. */
export function useCheckInCode(meetingId: string) {
  return useQuery({
    queryKey: ['check-in-code', meetingId],
    queryFn: ({ signal }) => http.get<CheckInCode>(`/api/meetings/${meetingId}/check-in`, { signal }),
    refetchInterval: ({ state }) => (state.data ? Math.max(1, state.data.seconds_left) * 1000 : 5_000),
    gcTime: 0,
  })
}

export function useCheckIn() {
  return useMutation({ mutationFn: (code: string) => http.post<CheckedIn>('/api/check-in', { code }) })
}

/** Letting a guest into the live room, or not. */
export function useAnswerGuest(sessionId: string) {
  return useMutation({
    mutationFn: ({ user, answer }: { user: string; answer: 'admitted' | 'refused' }) =>
      http.put(`/api/live/sessions/${sessionId}/lobby/${user}`, { answer }),
  })
}

export function useSetQuorum(boardId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (quorum: string[]) => http.patch<Board>(`/api/boards/${boardId}`, { quorum }),
    onSettled: () => Promise.all([['boards'], ['attendance']].map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
}

/** Where a meeting meets: the room and the hospital's own video call. */
export function useRevisePlace(meeting: Pick<Meeting, 'id' | 'version'>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (place: { room: string; video_url: string }) =>
      http.patch<Meeting>(`/api/meetings/${meeting.id}`, place, { version: meeting.version }),
    onSuccess: () => Promise.all([['meeting'], ['meetings']].map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
}
