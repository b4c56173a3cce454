import { expect, it } from 'vitest'

import { someImages, aCase } from '@/app/testing/examples'

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

it('sorts urgent first, then by when it is needed, then the freshest', () => {
  const cases = [
    aCase({ id: 'old', updated_at: '2026-01-01T00:00:00Z' }),
    aCase({ id: 'fresh', updated_at: '2026-11-01T00:00:00Z' }),
    aCase({ id: 'needed', needed_by: '2026-12-01T00:00:00Z' }),
    aCase({ id: 'urgent', urgency: 'urgent' }),
  ]
  expect(arrangeCases(cases, noFilters).map((entry) => entry.id)).toEqual(['urgent', 'needed', 'fresh', 'old'])
})
