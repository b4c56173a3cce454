import type { ReactNode } from 'react'

import type { Acceptance, AmendedBox, AmendedBy, Deferral, Dismissal, OpinionDraft } from '@/api/findings'
import type { Finding } from '@/api/types'

/** Who signs what a finding is, and who says beside it what they think. */
export type ReviewRole = 'review' | 'opine'

/** How words on findings are carried: by REST on the case page, as durable ops in a live session. */
export interface FindingReview {
  readonly role: ReviewRole
  readonly myId: string
  accept: (finding: Finding, how?: Acceptance) => Promise<void>
  dismiss: (finding: Finding, dismissal: Dismissal) => Promise<void>
  defer: (finding: Finding, deferral: Deferral) => Promise<void>
  /** A proposal, a second opinion or a disagreement; it decides nothing. */
  opine: (finding: Finding, opinion: OpinionDraft) => Promise<void>
  /** Send an accepted finding to the PACS again, after it was not stored. */
  retryExport: (finding: Finding) => Promise<void>
}

/** What somebody made of a finding's mask, in a view that can be painted in. */
export interface FindingEdits {
  /** Take the mask as a segmentation of one's own and paint upon it. */
  begin: (finding: Finding) => Promise<void>
  /** The newest copy that was painted on, as an acceptance names it; null where there is none. */
  of: (finding: Finding) => (AmendedBy & { readonly author: string; readonly pending: boolean }) | null
  /** Moves a detection's box, and says which box is to be accepted. */
  box?: (finding: Finding, accepting: { isBusy: boolean; accept: (box: AmendedBox) => void }) => ReactNode
}

/** When the reader opened the finding (ms), as a React ref. */
export type OpenedAt = { readonly current: number | null }

export function reviewRole(can: readonly string[]): ReviewRole | null {
  if (can.includes('review_findings')) return 'review'
  return can.includes('annotate') && can.includes('view_identified') ? 'opine' : null
}

/** Nobody vouches for it yet: it is drawn hatched and enters nothing. */
export const isOpen = ({ state }: Pick<Finding, 'state'>): boolean => state === 'unreviewed' || state === 'deferred'

const BOX_EDGES = ['box_left_right', 'box_front_back', 'box_head_foot']

/** A detection: the model gave a box, and its edges are among what was measured. */
export const isBox = ({ measurements, bbox_lps }: Pick<Finding, 'measurements' | 'bbox_lps'>): boolean =>
  bbox_lps !== null && BOX_EDGES.every((edge) => measurements.some(({ quantity }) => quantity === edge))
