import { expect, it } from 'vitest'

import type { IndicatorReport } from '@/api/numbers'

import { formatValue, lineOf, periodOf, pointOf, reaches } from './indicators'
import { anIndicator } from './testing'

it('never shows a suppressed, an absent and an unrecorded number alike', () => {
  expect(pointOf(anIndicator({ state: 'suppressed', value: null }))).toEqual({ state: 'hidden' })
  expect(pointOf(anIndicator({ state: 'not_recorded', value: null }))).toEqual({ state: 'none' })
  expect(pointOf(undefined)).toEqual({ state: 'none' })
  expect(pointOf(anIndicator({ value: 0 }))).toMatchObject({ state: 'value', value: 0, n: 40 })
})

it('draws one point a month', () => {
  const report = { months: [{ indicators: [anIndicator()] }, { indicators: [] }] } as unknown as IndicatorReport
  expect(lineOf(report, 'deferred').points.map(({ state }) => state)).toEqual(['value', 'none'])
})

it('says shares in percent and medians plainly', () => {
  expect(formatValue(0.125, 'share')).toBe('13 %')
  expect(formatValue(0.0333, 'share')).toBe('3.3 %')
  expect(formatValue(4.5, 'minutes')).toBe('4.5')
})

it('compares with a target only where there are both', () => {
  expect(reaches(anIndicator({ target: 0.15 }))).toBe(false)
  expect(reaches(anIndicator({ value: 0.8, target: 0.8 }))).toBe(true)
  expect(reaches(anIndicator())).toBeNull()
  expect(reaches(anIndicator({ value: null, target: 0.8 }))).toBeNull()
})

it('a quarter is 91 days, both ends included', () => expect(periodOf('quarter', new Date(2026, 10, 30))).toEqual({ from: '2026-09-01', to: '2026-11-30' }))
