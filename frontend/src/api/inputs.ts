import { useQuery } from '@tanstack/react-query'

import { http } from './http'
import type * as wire from './schema'

export type ModelInputs = wire.ModelInputs
export type InputProposal = wire.InputProposal
export type InputCandidate = wire.InputCandidate

/** Which series of a study a model would read, why, and which others fit; null asks nothing. */
export function useModelInputs(caseId: string, asked: { study: string; model: string } | null) {
  return useQuery({
    queryKey: ['model-inputs', caseId, asked?.study, asked?.model],
    queryFn: ({ signal }) => http.get<ModelInputs>(`/api/cases/${caseId}/studies/${asked?.study}/models/${asked?.model}/inputs`, { signal }),
    enabled: asked !== null,
    staleTime: 0,
  })
}
