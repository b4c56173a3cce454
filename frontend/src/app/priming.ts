import { caseOf, studiesOf } from '@/api/cases'
import { makeQueryClient } from '@/api/queryClient'
import { meOptions } from '@/api/session'

/** What the page has read from the server; one page, one person. */
export const queryClient = makeQueryClient()

/**
 * Reads what a screen will ask for first while its code is still on the way. What fails here is
 * asked for again by the screen, which can say so.
 */
export function primeSession(): null {
  void queryClient.prefetchQuery(meOptions)
  return null
}

export function primeViewer(caseId: string | undefined): null {
  if (caseId) {
    void queryClient.prefetchQuery(studiesOf(caseId))
    void queryClient.prefetchQuery(caseOf(caseId))
  }
  return null
}
