import type { CaseDetail, Decision, Study } from '@/api/types'

export type TimelineEvent =
  | { kind: 'study'; at: string; key: string; what: string; modalities: string[] }
  | { kind: 'meeting'; at: string; key: string; board: string; isAhead: boolean }
  | { kind: 'decision' | 'draft'; at: string; key: string; isProvisional?: boolean }

/** What is known about the case in time, newest first. Undated studies are left out. */
export function caseTimeline(
  entry: CaseDetail,
  studies: readonly Study[],
  decisions: readonly Decision[],
  now: Date = new Date(),
): TimelineEvent[] {
  const events: TimelineEvent[] = studies
    .filter((study) => study.study_date)
    .map((study) => ({
      kind: 'study',
      at: study.study_date ?? '',
      key: study.id,
      what: study.description,
      modalities: study.modalities,
    }))
  const meetings = new Map<string, { starts_at: string; board: string }>()
  if (entry.next_meeting) meetings.set(entry.next_meeting.id, entry.next_meeting)
  for (const decision of decisions) {
    if (decision.meeting) {
      meetings.set(decision.meeting.id, { starts_at: decision.meeting.starts_at, board: decision.meeting.board.name })
    }
    events.push({
      kind: decision.status === 'signed' ? 'decision' : 'draft',
      at: decision.signed_at ?? decision.updated_at,
      key: decision.id,
      ...(decision.is_provisional ? { isProvisional: true } : {}),
    })
  }
  for (const [id, meeting] of meetings) {
    events.push({
      kind: 'meeting',
      at: meeting.starts_at,
      key: id,
      board: meeting.board,
      isAhead: new Date(meeting.starts_at) > now,
    })
  }
  return events.sort((a, b) => b.at.localeCompare(a.at))
}
