import type { AgendaItem } from '@/api/types'

type ClockFacts = Pick<AgendaItem, 'started_at' | 'paused_at' | 'paused_s'>

/** Seconds spent on a case; while it is paused they stand still. Null before it has begun. */
export function spentSeconds({ started_at, paused_at, paused_s }: ClockFacts, now_ms: number): number | null {
  if (started_at === null) return null
  const end_ms = paused_at === null ? now_ms : Date.parse(paused_at)
  return Math.max(0, (end_ms - Date.parse(started_at)) / 1000 - paused_s)
}

const twoDigits = (value: number): string => String(Math.floor(value)).padStart(2, '0')
export const asClock = (seconds: number): string =>
  `${twoDigits(seconds / 60)}:${twoDigits(seconds % 60)}`
