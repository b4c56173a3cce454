import { expect, it } from 'vitest'

import type { CaseListEntry, ReadinessItem } from '@/api/types'
import { i18next } from '@/locales/i18n'

import { DEFERRAL_REASONS, itemDetails, notThereInWords, offeredMoves } from './words'

const t = i18next.getFixedT('en', 'readiness')

const anItem = (part: Partial<ReadinessItem> = {}): ReadinessItem => ({
  key: 'ct_chest',
  label: 'CT of the chest',
  need: 'required',
  state: 'met',
  is_open: false,
  is_overdue: false,
  is_recorded: false,
  on: null,
  age_days: null,
  max_age_days: null,
  expected_by: null,
  reason: '',
  said_by: '',
  said_at: null,
  source: { kind: '', ref: '', title: '', by: '', at: null },
  ready: null,
  total: null,
  problem: '',
  owner: null,
  ...part,
})

it('names what holds the case up before what is awaited', () => {
  const summary: NonNullable<CaseListEntry['readiness']> = {
    is_ready: false,
    met: 3,
    total: 6,
    is_overridden: false,
    proposed_standard: '',
    not_there: [
      { key: 'pathology_report', label: 'Pathology report', state: 'expected', expected_by: '2026-12-04', is_open: false },
      { key: 'ecog', label: 'ECOG', state: 'missing', expected_by: null, is_open: true },
      { key: 'bloods', label: 'Bloods', state: 'too_old', expected_by: null, is_open: true },
    ],
  }
  expect(notThereInWords(summary, t)).toMatch(/^ECOG · Bloods: too old · Pathology report by .*2026$/)
})

it('counts images and says how old a study is, and how old it may be only when that is broken', () => {
  const old = anItem({ state: 'too_old', ready: 80, total: 80, on: '2026-09-01', age_days: 90, max_age_days: 56 })
  expect(itemDetails(old, t)).toEqual(expect.arrayContaining(['images 80 of 80', '90 days old', 'at most 56 days']))
  expect(itemDetails(anItem({ age_days: 1, max_age_days: 56 }), t)).toEqual(['1 day old'])
})

it('says why images are not complete, each reason in its own words', () => {
  const said = ['images_incomplete', 'images_failed', 'pacs_unreachable', 'pacs_not_asked'].map(
    (problem) => itemDetails(anItem({ state: 'missing', problem, ready: 3, total: 9 }), t)[0],
  )
  expect(new Set(said).size).toBe(4)
  expect(said[0]).toBe('images 3 of 9')
})

it('says who owes what is missing, and nothing of the kind once it is there', () => {
  const owner = { person: null, address: 'lab@outside.example', due_on: null, reminded_at: null }
  expect(itemDetails(anItem({ state: 'missing', owner }), t)).toEqual(['owed by lab@outside.example'])
  expect(itemDetails(anItem({ state: 'met', owner }), t)).toEqual([])
})

it('has words for every reason and offers no move out of a closed case', () => {
  for (const code of DEFERRAL_REASONS) expect(i18next.exists(`readiness:reason.${code}`)).toBe(true)
  expect(DEFERRAL_REASONS).toHaveLength(13)
  expect(offeredMoves('closed')).toEqual([])
})
