import { useMutation, useQuery } from '@tanstack/react-query'

import { http } from './http'
import type { Guise, ScreenAnnounced, ScreenState, WallFacts } from './types'

/** A browser on a wall asks for a code; it is nobody until somebody connects it. */
export const announceScreen = () => http.post<ScreenAnnounced>('/api/room-screens', {}, { anonymous: true })

export const claimScreen = (id: string, secret: string) =>
  http.post<ScreenState>(`/api/room-screens/${id}/claim`, { secret }, { anonymous: true })

export function useConnectScreen(sessionId: string) {
  return useMutation({
    mutationFn: (screen: { code: string; name: string; guise: Guise }) =>
      http.post(`/api/live/sessions/${sessionId}/screens`, screen),
  })
}

export function useDisconnectScreen(sessionId: string) {
  return useMutation({
    mutationFn: (placeId: string) => http.delete(`/api/live/sessions/${sessionId}/screens/${placeId}`),
  })
}

/** What the wall itself shows: its name, and the code of this minute. */
export function useWall(sessionId: string) {
  return useQuery({
    queryKey: ['wall', sessionId],
    queryFn: ({ signal }) => http.get<WallFacts>(`/api/live/sessions/${sessionId}/wall`, { signal }),
    refetchInterval: ({ state }) => (state.data ? Math.max(1, state.data.seconds_left) * 1000 : 5_000),
    gcTime: 0,
  })
}
