import { useQuery } from '@tanstack/react-query'

import { http } from './http'
import type * as wire from './schema'

export type PetBurden = wire.PetBurden
export type BurdenLesion = wire.BurdenLesion

/** Metabolic volume, glycolysis and number of the accepted lesions of every PET run of a case. */
export function usePetBurden(caseId: string, reviewed: string) {
  return useQuery({
    // Another review is another sum.
    queryKey: ['pet-burden', caseId, reviewed] as const,
    queryFn: ({ signal }) => http.get<wire.PetBurdens>(`/api/cases/${caseId}/pet-burden`, { signal }),
  })
}
