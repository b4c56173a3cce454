import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { AgendaCapacity } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aCase, aMeeting, anAgendaItem } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { CapacityBar } from './CapacityBar'

const items = [
  anAgendaItem({ id: 'a', position: 1 }),
  anAgendaItem({ id: 'b', position: 2, case: aCase({ id: 'case-2' }) }),
]
const capacity = (part: Partial<AgendaCapacity> = {}): AgendaCapacity => ({
  available_minutes: 60,
  planned_minutes: 72,
  over_minutes: 12,
  discussed: 2,
  listed: 1,
  cut_off_at: '2030-01-01T08:00:00Z',
  is_past_cut_off: false,
  ...part,
})
const meeting = aMeeting({ starts_at: '2030-01-02T08:00:00Z', ends_at: '2030-01-02T09:00:00Z', status: 'planned' })

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('warns when the meeting is too full, in words, and refuses nothing', async () => {
  fakeServer({ [`GET /api/meetings/${meeting.id}/capacity`]: { body: capacity() } })
  renderScreen(<CapacityBar meeting={meeting} items={items} mayRun />)
  expect(await screen.findByText('12 min too much')).toBeVisible()
  expect(screen.getByRole('meter')).toHaveAttribute('aria-valuemax', '60')
  expect(screen.getByText('1 listed, not discussed')).toBeVisible()
  expect(screen.queryByRole('button', { name: /Carry over/ })).toBeNull()
  expect(await accessibilityFaults(document.body)).toEqual([])
})

it('orders by complexity', async () => {
  const server = fakeServer({
    [`GET /api/meetings/${meeting.id}/capacity`]: { body: capacity({ over_minutes: 0, planned_minutes: 40 }) },
    [`PUT /api/meetings/${meeting.id}/agenda/order`]: { body: { results: items } },
  })
  renderScreen(<CapacityBar meeting={meeting} items={items} mayRun />)
  expect(await screen.findByText('20 min free')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Complex first' }))
  await waitFor(async () => expect(await server.requests.find((one) => one.method === 'PUT')?.clone().json()).toEqual({ by: 'complexity' }))
})

it('takes what was not reached to the next meeting once this one has begun', async () => {
  const server = fakeServer({
    [`GET /api/meetings/${meeting.id}/capacity`]: { body: capacity({ is_past_cut_off: true }) },
    [`POST /api/meetings/${meeting.id}/carry-over`]: { body: { meeting: { ...meeting, id: 'next' }, carried: 2, left: [] } },
  })
  renderScreen(<CapacityBar meeting={{ ...meeting, status: 'closed' }} items={items} mayRun />)
  expect(await screen.findByText(/List closed/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Carry over to the next meeting' }))
  await waitFor(() => expect(server.requests.some((one) => one.url.endsWith('/carry-over'))).toBe(true))
})
