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

/** The rows to show: urgent first, then what is needed soonest, then the freshest. */
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
        (a.needed_by ?? '9999').localeCompare(b.needed_by ?? '9999') ||
        b.updated_at.localeCompare(a.updated_at),
    )
}
