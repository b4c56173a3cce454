import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http, withQuery } from './http'
import type * as wire from './schema'

export type IndicatorReport = wire.IndicatorReport
export type Indicator = wire.Indicator
export type FollowUpRule = wire.FollowUpRule

export interface Period {
  from: string
  to: string
}

const path = (boardId: string) => `/api/boards/${boardId}`

export function useIndicators(boardId: string | null, { from, to }: Period) {
  return useQuery({
    queryKey: ['indicators', boardId, from, to],
    queryFn: ({ signal }) => http.get<IndicatorReport>(`${path(boardId ?? '')}/indicators`, { query: { from, to }, signal }),
    enabled: boardId !== null,
    placeholderData: (previous) => previous,
  })
}

/** The same numbers as a file, without those about single people. */
export const indicatorsCsv = (boardId: string, { from, to }: Period): string => withQuery(`${path(boardId)}/indicators.csv`, { from, to })

export function useFollowUpRule(boardId: string | null) {
  return useQuery({
    queryKey: ['follow-up-rule', boardId],
    queryFn: ({ signal }) => http.get<FollowUpRule>(`${path(boardId ?? '')}/follow-up`, { signal }),
    enabled: boardId !== null,
  })
}

export function useSetFollowUpRule(boardId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ version, ...rule }: FollowUpRule & { version: number }) => http.put<FollowUpRule>(`${path(boardId)}/follow-up`, rule, { version }),
    onSettled: () => Promise.all([['follow-up-rule'], ['indicators']].map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
}
