import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'

import { http } from '@/api/http'
import { getAll } from '@/api/pages'
import type { LesionBody } from '@/protocol/generated'

import type { LesionStore, LesionWrites, Saying } from './lesionStore'

const REFRESH_MS = 15_000
const NONE: readonly LesionBody[] = []
const byNumber = (a: LesionBody, b: LesionBody): number => a.number - b.number

/** Lesions of a case over REST, for the viewer outside of a live session. */
export function useRestLesions(
  caseId: string,
  mayWrite: boolean,
  onProblem: (error: unknown) => void,
): LesionStore {
  const client = useQueryClient()
  const queryKey = useMemo(() => ['lesions', caseId] as const, [caseId])
  const { data: items = NONE } = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      getAll<LesionBody>('/api/lesions', { query: { case: caseId }, signal }),
    refetchInterval: REFRESH_MS,
  })
  const write = useMemo<LesionWrites>(() => {
    const known = (): readonly LesionBody[] =>
      client.getQueryData<readonly LesionBody[]>(queryKey) ?? NONE
    const versionOf = (id: string) => known().find((one) => one.id === id)?.version
    const keep = (id: string, body: LesionBody | null) =>
      client.setQueryData(
        queryKey,
        [...known().filter((one) => one.id !== id), ...(body ? [body] : [])].sort(byNumber),
      )
    const run = async (id: string, work: () => Promise<LesionBody | null>): Promise<boolean> => {
      try {
        keep(id, await work())
        return true
      } catch (error) {
        onProblem(error)
        void client.invalidateQueries({ queryKey })
        return false
      }
    }
    return {
      create: (id, saying: Saying) =>
        run(id, () => http.post<LesionBody>('/api/lesions', { case: caseId, id, ...saying })),
      revise: (id, saying) =>
        void run(id, () =>
          http.patch<LesionBody>(`/api/lesions/${id}`, saying, { version: versionOf(id) }),
        ),
      remove: (id) =>
        void run(id, async () => {
          await http.delete(`/api/lesions/${id}`, { version: versionOf(id) })
          return null
        }),
    }
  }, [caseId, client, queryKey, onProblem])
  return useMemo(() => ({ items, write: mayWrite ? write : null }), [items, write, mayWrite])
}
