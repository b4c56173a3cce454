import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import type { components } from './schema'

type Wire = components['schemas']

/** A hanging protocol: built in, saved by this person, or by one of their boards. */
export type Hanging = Wire['Hanging']
export type HangingDocument = Wire['HangingDocument']
export type HangingStep = HangingDocument['steps'][number]
export type HangingCell = HangingStep['cells'][number]
export type SeriesSelector = NonNullable<HangingCell['series']>
export type Display = HangingCell['display']

const KEY = ['hanging-protocols'] as const
const PATH = '/api/hanging-protocols'

/** Saved ones change when somebody saves; who does so here reads them again. */
export const hangingsOf = () =>
  queryOptions({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await http.get<Wire['Hangings']>(PATH, { signal })).results,
    staleTime: 5 * 60_000,
  })

export const useHangings = () => useQuery(hangingsOf())

export interface NewHanging {
  readonly name: string
  readonly board: string | null
  readonly is_default: boolean
  readonly document: HangingDocument
}

export function useHangingActions() {
  const client = useQueryClient()
  const onSettled = () => client.invalidateQueries({ queryKey: KEY })
  return {
    create: useMutation({
      mutationFn: (hanging: NewHanging) => http.post<Hanging>(PATH, hanging),
      onSettled,
    }),
    revise: useMutation({
      mutationFn: ({ hanging, changes }: { hanging: Hanging; changes: Partial<NewHanging> }) =>
        http.patch<Hanging>(`${PATH}/${hanging.id}`, changes, { version: hanging.version }),
      onSettled,
    }),
    remove: useMutation({
      mutationFn: (hanging: Hanging) =>
        http.delete(`${PATH}/${hanging.id}`, { version: hanging.version }),
      onSettled,
    }),
  }
}
