import { screen, within } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'

import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { periodOf } from './indicators'
import NumbersRoute from './NumbersRoute'
import { readDays } from './RuleDialog'
import { anIndicator } from './testing'

const deferred = anIndicator({ parts: [{ key: 'pathology-pending', count: 3, share: 0.075 }, { key: 'not-recorded', count: 2, share: 0.05 }] })
const indicators = [
  deferred,
  anIndicator({ key: 'preparation_minutes', unit: 'minutes', state: 'not_recorded', value: null, count: null, n: null }),
  anIndicator({ key: 'core_attendance', state: 'suppressed', value: null, count: null, n: null, target: 2 / 3 }),
  anIndicator({ key: 'prospective', group: 'coc', value: 0.75, count: 30, n: 40, known_of: 44, target: 0.8 }),
]
const month = (name: string) => ({ name, first: `${name}-01`, last: `${name}-28`, is_complete: true, indicators })
const aReport = {
  board: { id: 'b1', name: 'Thoracic board' }, first: '2026-09-01', last: '2026-11-30', time_zone: 'Europe/Berlin', meetings: 12, small: 5,
  indicators, months: [month('2026-09'), month('2026-10')], people: [anIndicator({ key: 'own_attendance', group: 'people', value: 0.5, count: 6, n: 12, target: 2 / 3 })],
}

const open = (role: string, report: object = aReport) => {
  fakeServer({
    'GET /api/boards': { body: [{ id: 'b1', name: 'Thoracic board', my_role: role }] },
    'GET /api/boards/b1/indicators': { body: report },
  })
  return renderScreen(<NumbersRoute />)
}
const card = async (key: string) => {
  await screen.findByRole('heading', { name: 'Deferred' })
  const found = document.querySelector<HTMLElement>(`[data-indicator="${key}"]`)
  expect(found).not.toBeNull()
  return within(found as HTMLElement)
}

afterEach(() => vi.unstubAllGlobals())

it('shows each number with what it rests on, and its chart as a table', async () => {
  const { container } = open('core')
  const shown = await card('deferred')
  expect(shown.getByText('13 %', { selector: 'span' })).toBeVisible()
  expect(shown.getByText('5 of 40')).toBeVisible()
  expect(shown.getByRole('img', { name: /Deferred by month/ })).toBeVisible()
  expect(shown.getByText('Deferred as a table')).toBeVisible()
  expect(within(shown.getByRole('list', { name: 'Deferred in parts' })).getByText('2 · 5 %')).toBeVisible()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('says not recorded and suppressed in words, never 0', async () => {
  open('core')
  expect((await card('preparation_minutes')).getByText('not recorded')).toBeVisible()
  const few = await card('core_attendance')
  expect(few.getByText('fewer than 5')).toBeVisible()
  expect(few.queryByText(/%/, { selector: '.c-figures' })).toBeNull()
  const prospective = await card('prospective')
  expect(prospective.getByText('target 80 %')).toBeVisible()
  expect(prospective.getByText('known of 40 of 44')).toBeVisible()
})

it('lets those who run the board set its days, and all download', async () => {
  open('core')
  await screen.findByRole('heading', { name: 'Deferred' })
  expect(screen.queryByRole('button', { name: 'Follow-up days' })).toBeNull()
  const { from, to } = periodOf('quarter')
  expect(screen.getByRole('link', { name: 'Download as CSV' })).toHaveAttribute('href', `/api/boards/b1/indicators.csv?from=${from}&to=${to}`)
})

it('offers the days to the chair, and says so where no meeting was', async () => {
  open('chair', { ...aReport, meetings: 0 })
  expect(await screen.findByText('No meeting took place in this period')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Follow-up days' })).toBeVisible()
})

it('reads days as people write them', () => expect(readDays('30, 90;180 x')).toEqual([30, 90, 180]))
