import type { CaseListEntry } from '@/api/types'

export interface WorklistFilters {
  search: string
  status: string | null
  tumourType: string | null
  urgentOnly: boolean
  imagesMissing: boolean
  toReview: boolean
}

export const noFilters: WorklistFilters = {
  search: '',
  status: null,
  tumourType: null,
  urgentOnly: false,
  imagesMissing: false,
  toReview: false,
}

const URGENCY_RANK: Record<string, number> = { urgent: 0, soon: 1, routine: 2 }

const searchable = (entry: CaseListEntry): string =>
  [entry.title, entry.clinical_question, entry.patient.name, entry.patient.patient_id, entry.next_meeting?.board ?? '']
    .join(' ')
    .toLocaleLowerCase()

/** Every word must occur somewhere; order does not matter. */
export function matchesSearch(entry: CaseListEntry, search: string): boolean {
  const text = searchable(entry)
  return search
    .toLocaleLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => text.includes(word))
}

const DAY_MS = 24 * 60 * 60 * 1000
/** A case that nobody named a day for is taken to be due this long after it came. */
const USUAL_WAIT_MS = 14 * DAY_MS
/** The most that AI moves a case forward: who came a week before is passed by no score. */
export const LONGEST_HEAD_START_MS = 7 * DAY_MS
const LAST = Number.MAX_SAFE_INTEGER

/**
 * When a case should be looked at, in milliseconds: the day it is needed by, or a while after it
 * came, less a head start by its AI score. So whoever waits moves up by itself, and a low score
 * loses nothing but the head start.
 */
export function dueAt(entry: CaseListEntry): number {
  const urgency = entry.ai_urgency
  const came = entry.waiting_since ?? urgency?.since
  const due = entry.needed_by ? Date.parse(entry.needed_by) : came ? Date.parse(came) + USUAL_WAIT_MS : LAST
  return urgency && urgency.tier !== 'passive' ? due - (urgency.score / 100) * LONGEST_HEAD_START_MS : due
}

/** The rows to show: by the urgency people gave, then by when each is due, then the freshest. */
export function arrangeCases(entries: readonly CaseListEntry[], filters: WorklistFilters): CaseListEntry[] {
  return entries
    .filter(
      (entry) =>
        matchesSearch(entry, filters.search) &&
        (filters.status === null || entry.status === filters.status) &&
        (filters.tumourType === null || entry.tumour_type === filters.tumourType) &&
        (!filters.urgentOnly || entry.urgency === 'urgent') &&
        (!filters.imagesMissing || entry.images.total === 0 || entry.images.ready < entry.images.total) &&
        (!filters.toReview || (entry.findings_unreviewed ?? 0) > 0),
    )
    .sort(
      (a, b) =>
        (URGENCY_RANK[a.urgency] ?? 2) - (URGENCY_RANK[b.urgency] ?? 2) ||
        dueAt(a) - dueAt(b) ||
        b.updated_at.localeCompare(a.updated_at),
    )
}
