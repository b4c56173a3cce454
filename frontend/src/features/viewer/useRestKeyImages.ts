import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'

import { http } from '@/api/http'
import { getAll } from '@/api/pages'
import type { KeyImageBody } from '@/protocol/generated'

import type { KeyImageStore } from './keyImageStore'

const REFRESH_MS = 15_000
const NONE: readonly KeyImageBody[] = []

/** Key images of a case over REST, for the viewer outside of a live session. */
export function useRestKeyImages(
  caseId: string,
  mayWrite: boolean,
  onProblem: (error: unknown) => void,
): KeyImageStore {
  const client = useQueryClient()
  const queryKey = useMemo(() => ['key-images', caseId] as const, [caseId])
  const { data: items = NONE } = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      getAll<KeyImageBody>('/api/key-images', { query: { case: caseId }, signal }),
    refetchInterval: REFRESH_MS,
  })
  const write = useMemo(() => {
    const change = (work: (known: readonly KeyImageBody[]) => Promise<readonly KeyImageBody[]>) => {
      const known = client.getQueryData<readonly KeyImageBody[]>(queryKey) ?? NONE
      void work(known)
        .then((after) => client.setQueryData(queryKey, after))
        .catch((error: unknown) => {
          onProblem(error)
          void client.invalidateQueries({ queryKey })
        })
    }
    return {
      add: (place: object) =>
        change(async (known) => {
          const body = { case: caseId, id: crypto.randomUUID(), ...place }
          const made = await http.post<KeyImageBody>('/api/key-images', body)
          return [...known.filter((item) => item.id !== made.id), made]
        }),
      remove: (id: string) =>
        change(async (known) => {
          const version = known.find((item) => item.id === id)?.version
          await http.delete(`/api/key-images/${id}`, { version })
          return known.filter((item) => item.id !== id)
        }),
    }
  }, [caseId, client, queryKey, onProblem])
  return useMemo(() => ({ items, write: mayWrite ? write : null }), [items, write, mayWrite])
}
