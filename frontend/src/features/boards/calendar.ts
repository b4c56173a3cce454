import type { Meeting } from '@/api/types'

/** The calendar day of an instant where the reader sits, as "YYYY-MM-DD". */
export function localDay(instant: string): string {
  const date = new Date(instant)
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}

export function isPast(meeting: Meeting, now: Date = new Date()): boolean {
  if (meeting.status === 'open') return false
  return meeting.status === 'closed' || meeting.status === 'cancelled' || new Date(meeting.ends_at) < now
}

/** Meetings by day, in the order given. */
export function groupByDay(meetings: readonly Meeting[]): [string, Meeting[]][] {
  const days = new Map<string, Meeting[]>()
  for (const meeting of meetings) {
    const day = localDay(meeting.starts_at)
    days.set(day, [...(days.get(day) ?? []), meeting])
  }
  return [...days]
}

const MINUTE_MS = 60_000

export const lengthMinutes = (meeting: Meeting): number =>
  Math.round((new Date(meeting.ends_at).getTime() - new Date(meeting.starts_at).getTime()) / MINUTE_MS)
