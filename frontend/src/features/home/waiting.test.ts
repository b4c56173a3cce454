import { describe, expect, it } from 'vitest'

import { someImages, aCase, aMeeting } from '@/app/testing/examples'

import { bySoonest, isPressing, nextMeetings, preparationGap } from './waiting'

const now = new Date('2026-11-22T12:00:00Z')

describe('what a case still needs', () => {
  it.each([
    [aCase({ status: 'needs_info' }), { kind: 'needsInfo' }],
    [aCase({ images: someImages(0, 0) }), { kind: 'noImages' }],
    [aCase({ images: someImages(1, 3) }), { kind: 'imagesMissing', missing: 2, total: 3 }],
    [aCase({ next_meeting: null }), { kind: 'notScheduled' }],
    [aCase(), null],
    [aCase({ status: 'decided', images: someImages(0, 0) }), null],
  ])('%#', (entry, expected) => {
    expect(preparationGap(entry)).toEqual(expected)
  })
})

it('presses when urgent or needed within a week, and no more once discussed', () => {
  expect(isPressing(aCase({ urgency: 'urgent' }), now)).toBe(true)
  expect(isPressing(aCase({ needed_by: '2026-11-25T00:00:00Z' }), now)).toBe(true)
  expect(isPressing(aCase({ needed_by: '2026-12-25T00:00:00Z' }), now)).toBe(false)
  expect(isPressing(aCase({ urgency: 'urgent', status: 'decided' }), now)).toBe(false)
})

it('puts urgent before soon-needed before the rest', () => {
  const cases = [aCase({ id: 'later', needed_by: '2026-12-01' }), aCase({ id: 'never' }), aCase({ id: 'now', urgency: 'urgent' }), aCase({ id: 'soon', needed_by: '2026-11-23' })]
  expect(cases.sort(bySoonest).map((entry) => entry.id)).toEqual(['now', 'soon', 'later', 'never'])
})

it('shows the meeting in session first and leaves past ones out', () => {
  const meetings = [
    aMeeting({ id: 'past', starts_at: '2026-11-15T13:00:00Z', ends_at: '2026-11-15T14:00:00Z' }),
    aMeeting({ id: 'next', starts_at: '2026-11-23T13:00:00Z', ends_at: '2026-11-23T14:00:00Z' }),
    aMeeting({ id: 'live', starts_at: '2026-11-24T13:00:00Z', ends_at: '2026-11-24T14:00:00Z', status: 'open' }),
    aMeeting({ id: 'off', status: 'cancelled' }),
  ]
  expect(nextMeetings(meetings, now).map((meeting) => meeting.id)).toEqual(['live', 'next'])
})
