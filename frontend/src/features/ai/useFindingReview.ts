import { useReviewFinding } from '@/api/findings'
import { useMe } from '@/api/session'

import { reviewRole, type FindingReview } from './review'

/** By REST; null for whoever says nothing about findings here. */
export function useFindingReview(can: readonly string[]): FindingReview | null {
  const me = useMe()
  const acts = useReviewFinding()
  const role = reviewRole(can)
  return role && me.data ? { ...acts, role, myId: me.data.id } : null
}
