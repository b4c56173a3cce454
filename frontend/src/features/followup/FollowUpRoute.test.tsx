import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'

import type { FollowUpTask } from '@/api/followup'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import FollowUpRoute from './FollowUpRoute'

const owner = { id: 'u1', display_name: 'Dr Krol', discipline: 'surgery', institution: null, is_trainee: false }
const aTask = (part: Partial<FollowUpTask> = {}): FollowUpTask =>
  ({
    id: 't1',
    version: 3,
    kind: 'recommendation',
    state: 'open',
    case: { id: 'c1', title: 'Nodule', status: 'decided', patient_name: 'Doe^Jane', patient_id: 'P1' },
    board: { id: 'b1', name: 'Thoracic board' },
    text: 'Lobectomy <b>now</b>',
    decided_at: '2026-08-01T10:00:00Z',
    after_days: 30,
    due: '2026-08-31',
    overdue_from: '2026-09-01T00:00:00Z',
    owner,
    owner_left: false,
    handed_over_to: '',
    result: null,
    results_count: 0,
    may_record: true,
    ...part,
  }) as FollowUpTask

const open = (tasks: FollowUpTask[] = [aTask()]) => {
  const server = fakeServer({
    'GET /api/boards': { body: [{ id: 'b1', name: 'Thoracic board', my_role: 'chair' }] },
    'GET /api/follow-up-tasks': { body: { next: null, previous: null, results: tasks, ai_hidden: false } },
    'GET /api/follow-up-tasks/t1/results': { body: [] },
    'GET /api/csrf': { body: { token: 'x' } },
    'GET /_allauth/browser/v1/config': { body: {} },
    'POST /api/follow-up-tasks/t1/results': { status: 201, body: aTask({ state: 'done' }) },
  })
  return { server, ...renderScreen(<FollowUpRoute />) }
}

afterEach(() => vi.unstubAllGlobals())

it('says what was recommended, what happened and why not, and text is never markup', async () => {
  const result = { id: 'r1', number: 1, follow_up_status: 'not-done', implementation: 'not', reason_code: 'patient-wish', text: 'After summer', author: owner, created_at: '2026-09-01T00:00:00Z', supersedes: null }
  const { container } = open([aTask(), aTask({ id: 't2', state: 'done', result, results_count: 1 } as unknown as Partial<FollowUpTask>)])
  expect(await screen.findAllByText('Lobectomy <b>now</b>')).toHaveLength(2)
  expect(within(screen.getByRole('grid')).getByText('Overdue')).toBeVisible()
  expect(screen.getByText('Wish of the patient · After summer')).toBeVisible()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('records a result by keyboard alone, and asks for the reason first', async () => {
  document.cookie = 'csrftoken=abc'
  const { server } = open()
  await screen.findByText('Lobectomy <b>now</b>')
  const user = userEvent.setup()
  await user.keyboard('{Enter}')
  const dialog = await screen.findByRole('dialog')
  within(dialog).getByRole('radio', { name: 'Not implemented' }).focus()
  await user.keyboard(' ')
  await user.keyboard('{Control>}{Enter}{/Control}')
  expect(within(dialog).getByText('In part or not at all has a reason.')).toBeVisible()
  expect(server.requests.some(({ method }) => method === 'POST')).toBe(false)
  await user.click(within(dialog).getByRole('combobox', { name: 'Why' }))
  await user.keyboard('attend{ArrowDown}{Enter}')
  await user.keyboard('{Control>}{Enter}{/Control}')
  const sent = await waitFor(() => {
    const found = server.requests.find(({ method }) => method === 'POST')
    expect(found).toBeDefined()
    return found as Request
  })
  expect(sent.headers.get('If-Match')).toBe('"3"')
  expect(sent.headers.get('Idempotency-Key')).toMatch(/[0-9a-f-]{36}/)
  expect(await sent.json()).toEqual({ implementation: 'not', reason_code: 'did-not-attend', text: '' })
})

it('offers nothing to whoever does not own it', async () => {
  open([aTask({ may_record: false })])
  await screen.findByText('Lobectomy <b>now</b>')
  await userEvent.setup().keyboard('{Enter}')
  const dialog = await screen.findByRole('dialog')
  expect(within(dialog).getByText(/Dr Krol records the result/)).toBeVisible()
  expect(within(dialog).queryByRole('radio')).toBeNull()
})
