import { expect, it } from 'vitest'

import { aCaseDetail, aDecision, aMeeting, aStudy } from '@/app/testing/examples'

import { caseTimeline } from './timeline'

it('tells studies, meetings and decisions newest first, each meeting once', () => {
  const decision = aDecision({ status: 'signed', signed_at: '2026-11-21T12:00:00Z', meeting: aMeeting() })
  const events = caseTimeline(aCaseDetail(), [aStudy(), aStudy({ id: 'prior', study_date: '2026-08-12' })], [decision])
  expect(events.map((event) => event.kind)).toEqual(['meeting', 'decision', 'study', 'study'])
})

it('invents no date for a study without one', () => {
  expect(caseTimeline(aCaseDetail({ next_meeting: null }), [aStudy({ study_date: null })], [])).toEqual([])
})

it('says of a decision without quorum that it is provisional', () => {
  const decision = aDecision({ status: 'signed', signed_at: '2026-11-21T12:00:00Z', is_provisional: true })
  expect(caseTimeline(aCaseDetail(), [], [decision]).filter(({ kind }) => kind === 'decision')).toEqual([{ kind: 'decision', at: '2026-11-21T12:00:00Z', key: 'decision-1', isProvisional: true }])
})
