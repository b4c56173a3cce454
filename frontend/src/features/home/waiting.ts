import type { CaseListEntry, Meeting } from '@/api/types'

/** Why a case still needs somebody's work before a board can discuss it. */
export type PreparationGap =
  | { kind: 'needsInfo' }
  | { kind: 'noImages' }
  | { kind: 'imagesMissing'; missing: number; total: number }
  | { kind: 'notScheduled' }

const PAST_DISCUSSION = new Set(['discussed', 'decided', 'follow_up', 'closed', 'withdrawn', 'soc_listed'])
const SOON_MS = 7 * 24 * 3_600_000

export function preparationGap(entry: CaseListEntry): PreparationGap | null {
  if (PAST_DISCUSSION.has(entry.status)) return null
  if (entry.status === 'needs_info') return { kind: 'needsInfo' }
  const { ready, total } = entry.images
  if (total === 0) return { kind: 'noImages' }
  if (ready < total) return { kind: 'imagesMissing', missing: total - ready, total }
  if (entry.status === 'ready' && !entry.next_meeting) return { kind: 'notScheduled' }
  return null
}

export function isPressing(entry: CaseListEntry, now: Date = new Date()): boolean {
  if (PAST_DISCUSSION.has(entry.status)) return false
  if (entry.urgency === 'urgent') return true
  return entry.needed_by !== null && new Date(entry.needed_by).getTime() - now.getTime() < SOON_MS
}

/** Urgent before the rest, then by when the case is needed. */
export function bySoonest(a: CaseListEntry, b: CaseListEntry): number {
  return (
    Number(b.urgency === 'urgent') - Number(a.urgency === 'urgent') ||
    (a.needed_by ?? '9999').localeCompare(b.needed_by ?? '9999')
  )
}

/** Meetings in session first, then what is still to come, soonest first. */
export function nextMeetings(meetings: readonly Meeting[], now: Date = new Date()): Meeting[] {
  return meetings
    .filter((meeting) => meeting.status === 'open' || (meeting.status === 'planned' && new Date(meeting.ends_at) >= now))
    .sort((a, b) => Number(b.status === 'open') - Number(a.status === 'open') || a.starts_at.localeCompare(b.starts_at))
}
