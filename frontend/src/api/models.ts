import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import type { BundleUpload, ReachPage, ReachRow, VersionAct, VersionCard, VersionContent, VersionDetail } from './types'

export const versionKeys = {
  one: (versionId: string) => ['version', versionId] as const,
  card: (versionId: string) => ['version', versionId, 'card'] as const,
  content: (versionId: string, against: string) => ['version', versionId, 'content', against] as const,
  reach: (versionId: string) => ['version', versionId, 'reach'] as const,
}

const pathOf = (versionId: string): string => `/api/models/versions/${versionId}`

export function useVersion(versionId: string) {
  return useQuery({
    queryKey: versionKeys.one(versionId),
    queryFn: ({ signal }) => http.get<VersionDetail>(pathOf(versionId), { signal }),
  })
}

export function useVersionCard(versionId: string | null) {
  return useQuery({
    queryKey: versionKeys.card(versionId ?? ''),
    queryFn: ({ signal }) => http.get<VersionCard>(`${pathOf(versionId ?? '')}/card`, { signal }),
    enabled: versionId !== null,
  })
}

/** `against` is a version's id, `nothing`, or empty for the one the server would choose. */
export function useVersionContent(versionId: string, against: string) {
  return useQuery({
    queryKey: versionKeys.content(versionId, against),
    queryFn: ({ signal }) => http.get<VersionContent>(`${pathOf(versionId)}/content`, { query: { against }, signal }),
    staleTime: Infinity, // a version never changes
  })
}

export interface Reach extends Omit<ReachPage, 'next' | 'previous' | 'results'> {
  results: ReachRow[]
}

/** Every row, page by page: nobody is left out because the list is long. */
export function useVersionReach(versionId: string) {
  return useQuery({
    queryKey: versionKeys.reach(versionId),
    queryFn: async ({ signal }): Promise<Reach> => {
      const first = await http.get<ReachPage>(`${pathOf(versionId)}/reach`, { query: { limit: 200 }, signal })
      const results = [...first.results]
      for (let next = first.next; next; ) {
        const { pathname, search } = new URL(next, window.location.origin)
        const page = await http.get<ReachPage>(pathname + search, { signal })
        results.push(...page.results)
        next = page.next
      }
      return { ...first, results }
    },
  })
}

export const reachTableUrl = (versionId: string): string => `${pathOf(versionId)}/reach.csv`

export interface VersionWord {
  versionId: string
  act: VersionAct
  /** The content that is on the screen; acts about a content name it. */
  treeSha256: string
  reason: string
  to?: 'shadow' | 'suspended'
}

const ADDRESS: Record<VersionAct, string> = {
  approve: 'approve',
  propose: 'propose',
  confirm: 'confirm',
  decline: 'decline',
  shadow: 'shadow',
  suspend: 'suspend',
  roll_back: 'roll-back',
  retire: 'retire',
}

function bodyOf({ act, treeSha256, reason, to }: VersionWord): object | undefined {
  if (act === 'approve' || act === 'confirm') return { tree_sha256: treeSha256 }
  if (act === 'propose') return { tree_sha256: treeSha256, reason }
  if (act === 'decline') return undefined
  return act === 'roll_back' ? { reason, to: to ?? 'suspended' } : { reason }
}

/** What a person does with a version: approve, propose, confirm, and take out of use. */
export function useVersionAct() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (word: VersionWord) => http.post<VersionDetail>(`${pathOf(word.versionId)}/${ADDRESS[word.act]}`, bodyOf(word)),
    onSettled: () => Promise.all(['models', 'version', 'jobs'].map((key) => client.invalidateQueries({ queryKey: [key] }))),
  })
}

export function useCardEntry(versionId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (entry: { key: string; text: string }) => http.post<VersionCard>(`${pathOf(versionId)}/card`, entry),
    onSuccess: (card) => client.setQueryData(versionKeys.card(versionId), card),
  })
}

export const bundleUploadPath = (uploadId: string): string => `/api/models/uploads/${uploadId}`

export const openBundleUpload = (file: File): Promise<BundleUpload> =>
  http.post<BundleUpload>('/api/models/uploads', { name: file.name, size_bytes: file.size })

export const installBundle = (uploadId: string, given: { side_car: string; slug: string }): Promise<VersionDetail> =>
  http.post<VersionDetail>(`${bundleUploadPath(uploadId)}/install`, given)

export const discardBundleUpload = (uploadId: string): Promise<undefined> => http.delete<undefined>(bundleUploadPath(uploadId))
