import { expect, it } from 'vitest'

import type { CaseListEntry } from '@/api/types'
import { aCase, anAiUrgency, someImages } from '@/app/testing/examples'

import { arrangeCases, matchesSearch, noFilters } from './filters'

it('finds every word in any order, in title, question, name or patient ID', () => {
  const entry = aCase()
  expect(matchesSearch(entry, 'birch nodule')).toBe(true)
  expect(matchesSearch(entry, 'phx-0002 HISTOLOGY')).toBe(true)
  expect(matchesSearch(entry, 'birch liver')).toBe(false)
  expect(matchesSearch(entry, '  ')).toBe(true)
})

it('filters by what somebody has to do', () => {
  const cases = [
    aCase({ id: 'complete' }),
    aCase({ id: 'fetching', images: someImages(1, 2) }),
    aCase({ id: 'none', images: someImages(0, 0) }),
    aCase({ id: 'review', findings_unreviewed: 2 }),
  ]
  const ids = (filters: Partial<typeof noFilters>) => arrangeCases(cases, { ...noFilters, ...filters }).map((entry) => entry.id)
  expect(ids({ imagesMissing: true })).toEqual(['fetching', 'none'])
  expect(ids({ toReview: true })).toEqual(['review'])
  expect(ids({ status: 'decided' })).toEqual([])
})

const order = (cases: CaseListEntry[]) => arrangeCases(cases, noFilters).map((entry) => entry.id)

it('sorts urgent first, then by when it is needed, then the freshest', () => {
  expect(
    order([
      aCase({ id: 'old', updated_at: '2026-01-01T00:00:00Z' }),
      aCase({ id: 'fresh', updated_at: '2026-11-01T00:00:00Z' }),
      aCase({ id: 'needed', needed_by: '2026-12-01T00:00:00Z' }),
      aCase({ id: 'urgent', urgency: 'urgent' }),
      aCase({ id: 'decided', waiting_since: null, updated_at: '2026-12-01T00:00:00Z' }),
    ]),
  ).toEqual(['urgent', 'needed', 'fresh', 'old', 'decided'])
})

it('moves a case up by its AI score, behind what people call urgent, and hides none', () => {
  const cases = [
    aCase({ id: 'low', ai_urgency: anAiUrgency({ level: 'urgent', tier: 'reorder', score: 34 }) }),
    aCase({ id: 'none' }),
    aCase({ id: 'high', ai_urgency: anAiUrgency({ score: 100 }) }),
    aCase({ id: 'passive', updated_at: '2026-01-01T00:00:00Z', ai_urgency: anAiUrgency({ score: 100, tier: 'passive' }) }),
    aCase({ id: 'urgent', urgency: 'urgent' }),
  ]
  expect(order(cases)).toEqual(['urgent', 'high', 'low', 'none', 'passive'])
})

it('lets nobody wait for ever: who came longer before than the longest head start stays before', () => {
  const came = (days: number) => new Date(Date.parse('2026-11-01T00:00:00Z') + days * 86_400_000).toISOString()
  const waits = aCase({ id: 'waits', waiting_since: came(0) })
  const after = (days: number) => aCase({ id: 'flagged', waiting_since: came(days), ai_urgency: anAiUrgency({ score: 100 }) })
  expect(order([waits, after(6.9)])).toEqual(['flagged', 'waits'])
  expect(order([waits, after(7.1)])).toEqual(['waits', 'flagged'])
})

it('brings a decided case forward when AI flags it, from the day it was flagged', () => {
  const decided = aCase({ id: 'decided', waiting_since: null, ai_urgency: anAiUrgency({ since: '2026-11-01T00:00:00Z' }) })
  expect(order([aCase({ id: 'later', waiting_since: '2026-11-20T00:00:00Z' }), decided])).toEqual(['decided', 'later'])
})
