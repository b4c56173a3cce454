import type { Dismissal } from '@/api/findings'
import type { Finding } from '@/api/types'

/** How a review is carried: by REST on the case page, as a durable op in a live session. */
export interface FindingReview {
  accept: (finding: Finding) => Promise<void>
  dismiss: (finding: Finding, dismissal: Dismissal) => Promise<void>
  /** Send an accepted finding to the PACS again, after it was not stored. */
  retryExport: (finding: Finding) => Promise<void>
}
