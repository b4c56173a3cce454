import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'

import type { CaseDetail } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { CaseFollowUpSection } from './CaseFollowUpSection'

const ALL = ['view_identified', 'edit', 'review_findings']
const anEntry = (can: string[] = ALL) => ({ id: 'c1', version: 7, status: 'follow_up', can }) as unknown as CaseDetail
const document_ = {
  tasks: [],
  decisions: [{ id: 'd1', signed_at: '2026-10-01T10:00:00Z', outcome: null }],
  agenda_items: [{ id: 'i1', board: 'Thoracic board', starts_at: '2026-10-01T09:00:00Z', status: 'discussed', is_prospective: null, is_analytic: null }],
  incidental: [{ id: 'x1', version: 1, finding: 'f1', text: 'Renal cyst', owner: null, due: null, created_at: '2026-10-02T00:00:00Z' }],
  accepted: [{ id: 'f2', label: 'Adrenal nodule' }],
  may_be_closed: false,
  left: [{ code: 'incidental_without_owner', count: 1 }, { code: 'follow_up_open', count: 2 }],
  ai_hidden: false,
}

const open = (entry: CaseDetail, body: object = document_) => {
  document.cookie = 'csrftoken=abc'
  const server = fakeServer({
    'GET /api/cases/c1/follow-up': { body },
    'GET /api/cases/c1/members': { body: [] },
    'PUT /api/agenda-items/i1/presentation': { body: { is_prospective: true, is_analytic: null } },
    'PUT /api/decisions/d1/outcome': { body: {} },
  })
  return { server, ...renderScreen(<CaseFollowUpSection entry={entry} />) }
}

afterEach(() => vi.unstubAllGlobals())

it('says what keeps the case open, and does not offer to close it', async () => {
  const { container } = open(anEntry())
  expect(await screen.findByText(/1 finding outside the question has no owner and date · 2 tasks are neither ended nor handed over/)).toBeVisible()
  expect(screen.getByRole('button', { name: 'Close the case' })).toBeDisabled()
  expect(screen.getByText('No owner and date')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Outside the question : Adrenal nodule' })).toBeVisible()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('writes the outcome against the version that was shown', async () => {
  const { server } = open(anEntry())
  const user = userEvent.setup()
  await user.click(await screen.findByRole('button', { name: 'Outcome' }))
  const dialog = await screen.findByRole('dialog')
  await user.type(within(dialog).getByLabelText('How it went'), 'R0')
  await user.click(within(dialog).getByRole('button', { name: 'Save' }))
  const sent = await waitFor(() => {
    const found = server.requests.find(({ url }) => url.endsWith('/outcome'))
    expect(found).toBeDefined()
    return found as Request
  })
  expect(sent.headers.get('If-Match')).toBe('"0"')
  expect(await sent.json()).toEqual({ treatment_started_on: null, treatment_kind: '', text: 'R0', rereferred_case: null, rereferred_item: null })
})

it('shows nothing to whoever sees the case without identity, and asks nothing', () => {
  const { server, container } = open(anEntry([]))
  expect(container.querySelector('section')).toBeNull()
  expect(server.requests).toEqual([])
})

it('says so while AI findings are hidden', async () => {
  open(anEntry(), { ...document_, incidental: [], accepted: [], left: [], ai_hidden: true })
  expect(await screen.findByText(/AI findings are hidden until the images have been read/)).toBeVisible()
})
