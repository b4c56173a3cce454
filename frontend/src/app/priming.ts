import { caseOf, studiesOf } from '@/api/cases'
import { hangingsOf } from '@/api/hangings'
import { makeQueryClient } from '@/api/queryClient'
import { meOptions } from '@/api/session'
import { PRIORITY_VISIBLE } from '@/viewer/requestQueue'

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

/** The records of the case, and as soon as code and records are here its first pictures. */
export function primeViewer(caseId: string | undefined, url: string): null {
  if (!caseId) return null
  void queryClient.prefetchQuery(studiesOf(caseId))
  void queryClient.prefetchQuery(caseOf(caseId))
  void queryClient.prefetchQuery(hangingsOf())
  const { searchParams } = new URL(url)
  // Where a finding leads is not known yet.
  if (searchParams.has('finding')) return null
  const options = { priority: PRIORITY_VISIBLE, series_instance_uid: searchParams.get('series') }
  import('@/features/viewer/warming')
    .then(({ primeCase }) => primeCase(queryClient, caseId, options))
    .catch(() => undefined)
  return null
}

const IDLE_AT_MOST_MS = 4_000

/** Fetches the viewer's code once the page rests: opening a case is what comes next. */
export function prefetchViewerCode(): () => void {
  const load = (): void => {
    // Whoever opens a case without it is told then.
    import('@/features/viewer/ViewerRoute').catch(() => undefined)
  }
  if (typeof requestIdleCallback !== 'function') {
    const timer = setTimeout(load, IDLE_AT_MOST_MS)
    return () => clearTimeout(timer)
  }
  const handle = requestIdleCallback(load, { timeout: IDLE_AT_MOST_MS })
  return () => cancelIdleCallback(handle)
}
