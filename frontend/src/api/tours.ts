import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import type { StageState } from '@/protocol/generated'

import { http } from './http'
import type * as wire from './schema'

export type TourStep = Omit<wire.TourStep, 'stage'> & { stage: StageState | null }
export type Tour = Omit<wire.Tour, 'steps'> & { steps: TourStep[] }
export type TourPurpose = Tour['purpose']
export type WaitingTour = wire.WaitingTour

/** What is said of a tour; its views are added one by one. */
export interface TourDraft {
  readonly title: string
  readonly purpose: TourPurpose
  readonly due: string | null
  readonly readers: string[]
}

const keyOf = (caseId: string) => ['tours', caseId] as const

/** Views that were left for a case. Empty for whoever may not see it. */
export function useTours(caseId: string) {
  return useQuery({
    queryKey: keyOf(caseId),
    queryFn: async ({ signal }) =>
      (await http.get<{ results: Tour[] }>('/api/tours', { query: { case: caseId }, signal })).results,
    refetchInterval: 20_000,
  })
}

/** Views that wait for me, in any case. */
export function useWaitingTours() {
  return useQuery({
    queryKey: ['tours', 'waiting'],
    queryFn: async ({ signal }) =>
      (await http.get<{ results: WaitingTour[] }>('/api/tours/waiting', { signal })).results,
  })
}

export function useTourWrites(caseId: string) {
  const client = useQueryClient()
  const known = (changed: Tour) =>
    client.setQueryData<Tour[]>(keyOf(caseId), (before = []) =>
      before.some(({ id }) => id === changed.id)
        ? before.map((one) => (one.id === changed.id ? changed : one))
        : [...before, changed],
    )
  const readAgain = () => client.invalidateQueries({ queryKey: ['tours'] })
  return {
    create: useMutation({
      mutationFn: (draft: TourDraft) => http.post<Tour>('/api/tours', { case: caseId, ...draft }),
      onSuccess: known,
    }),
    revise: useMutation({
      mutationFn: ({ tour, ...change }: { tour: Tour } & Partial<Omit<TourDraft, 'purpose'>> & { order?: string[] }) =>
        http.patch<Tour>(`/api/tours/${tour.id}`, change, { version: tour.version }),
      onSuccess: known,
      onError: readAgain,
    }),
    remove: useMutation({
      mutationFn: (tour: Tour) => http.delete(`/api/tours/${tour.id}`, { version: tour.version }),
      onSettled: readAgain,
    }),
    addStep: useMutation({
      mutationFn: ({ tour, stage, title }: { tour: string; stage: StageState; title: string }) =>
        http.post<Tour>(`/api/tours/${tour}/steps`, { stage, title }),
      onSuccess: known,
    }),
    reviseStep: useMutation({
      mutationFn: ({ tour, step, title, comment }: { tour: Tour; step: string; title: string; comment: string }) =>
        http.patch<Tour>(`/api/tour-steps/${step}`, { title, comment }, { version: tour.version }),
      onSuccess: known,
      onError: readAgain,
    }),
    removeStep: useMutation({
      mutationFn: ({ tour, step }: { tour: Tour; step: string }) =>
        http.delete(`/api/tour-steps/${step}`, { version: tour.version }),
      onSettled: readAgain,
    }),
    seen: useMutation({
      mutationFn: (tour: string) => http.post(`/api/tours/${tour}/seen`, {}),
      onSettled: readAgain,
    }),
  }
}
