import { expect, it } from 'vitest'

import { aMeeting } from '@/app/testing/examples'

import { groupByDay, isPast, lengthMinutes, localDay } from './calendar'

it('knows how long a meeting is', () => {
  expect(lengthMinutes(aMeeting())).toBe(60)
})

it('does not call a running meeting past, however late it is', () => {
  const late = new Date('2026-12-01T00:00:00Z')
  expect(isPast(aMeeting(), late)).toBe(true)
  expect(isPast(aMeeting({ status: 'open' }), late)).toBe(false)
  expect(isPast(aMeeting({ status: 'cancelled' }), new Date('2026-01-01T00:00:00Z'))).toBe(true)
})

it('groups by the day where the reader sits', () => {
  const local = new Date(2026, 10, 28, 23, 30).toISOString()
  const days = groupByDay([aMeeting({ id: 'a', starts_at: local }), aMeeting({ id: 'b', starts_at: local })])
  expect(localDay(local)).toBe('2026-11-28')
  expect(days.map(([day, meetings]) => [day, meetings.length])).toEqual([['2026-11-28', 2]])
})
