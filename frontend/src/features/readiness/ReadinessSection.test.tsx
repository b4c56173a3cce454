import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { CaseDetail, CaseReadiness } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aCase } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { ReadinessSection } from './ReadinessSection'

const entry = { ...aCase(), can: ['view_identified'] } as unknown as CaseDetail
const item = (key: string, label: string, state: CaseReadiness['items'][number]['state'], isOpen: boolean): CaseReadiness['items'][number] => ({
  key,
  label,
  state,
  need: 'required',
  is_open: isOpen,
  is_overdue: false,
  is_recorded: true,
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
})
const row = (part: Partial<CaseReadiness> = {}): CaseReadiness => ({
  case: 'case-1',
  case_version: 4,
  status: 'submitted',
  version: 2,
  is_ready: false,
  items: [item('ecog', 'ECOG performance status', 'met', false), item('comorbidity', 'Comorbidity', 'missing', true)],
  ai: { state: 'none', unreviewed: 0 },
  template: { tumour_type: 'lung', version: 1, newest: 1, document: { items: [] } as unknown as CaseReadiness['template']['document'] },
  override: null,
  proposal: null,
  standards: [],
  may: ['record', 'triage', 'sign'],
  computed_at: '2026-11-30T08:00:00Z',
  ...part,
})
const move = { id: 'move-1', number: 1, at: '2026-11-30T08:00:00Z', by: 'x', from_status: 'submitted', to_status: 'withdrawn', reason_code: '', reason: '', standard: '', reference: '', missing: [] }

function open(part: Partial<CaseReadiness> = {}) {
  const server = fakeServer({
    'GET /api/cases/case-1/readiness': { body: row(part) },
    'POST /api/cases/case-1/triage': { body: move },
    'PUT /api/cases/case-1/readiness/items/comorbidity': { body: row({ is_ready: true, items: [item('comorbidity', 'Comorbidity', 'met', false)] }) },
    'PUT /api/cases/case-1/readiness/template': { body: row({ ...part, template: { ...row().template, version: 2, newest: 2 } }) },
  })
  return { server, ...renderScreen(<ReadinessSection entry={entry} />) }
}
const bodyOf = async (server: ReturnType<typeof fakeServer>, method: string) => {
  const found = server.requests.find((one) => one.method === method)
  return found ? ((await found.clone().json()) as Record<string, unknown>) : null
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('says in words what is there and what is missing', async () => {
  open()
  expect(await screen.findByText('1 missing')).toBeVisible()
  expect(screen.getByText('Comorbidity')).toBeVisible()
  expect(screen.getByText('Missing')).toBeVisible()
  expect(screen.getByText(/AI: not asked for/)).toBeVisible()
  expect(await accessibilityFaults(document.body)).toEqual([])
})

it('records by hand that something arrived', async () => {
  const { server } = open()
  await userEvent.click(await screen.findByRole('button', { name: 'Change Comorbidity' }))
  await userEvent.click(await screen.findByRole('menuitem', { name: 'It is there' }))
  await userEvent.type(await screen.findByLabelText('In words'), 'COPD')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(async () => expect(await bodyOf(server, 'PUT')).toMatchObject({ state: 'arrived', note: 'COPD' }))
})

it('asks the chair why, before a case with something missing is declared ready', async () => {
  const { server } = open()
  await userEvent.click(await screen.findByRole('button', { name: 'Ready' }))
  const save = await screen.findByRole('button', { name: 'Save' })
  expect(save).toBeDisabled()
  await userEvent.type(screen.getByRole('textbox', { name: /cannot wait/ }), 'Cord compression')
  await userEvent.click(save)
  await waitFor(async () => expect(await bodyOf(server, 'POST')).toMatchObject({ to: 'ready', override: true, reason: 'Cord compression' }))
  const sent = server.requests.find((one) => one.method === 'POST')
  expect(sent?.headers.get('If-Match')).toBe('"4"')
})

it('tells a coordinator that only the chair overrides', async () => {
  open({ may: ['record', 'triage'] })
  await userEvent.click(await screen.findByRole('button', { name: 'Ready' }))
  expect(await screen.findByText('Only the chair declares a case ready with items missing.')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled()
})

it('is worked by keyboard: Shift and W withdraws, once there is a reason', async () => {
  const { server } = open()
  await screen.findByText('1 missing')
  await userEvent.keyboard('{Shift>}W{/Shift}')
  await userEvent.type(await screen.findByRole('textbox', { name: /Reason/ }), 'Moved away')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(async () => expect(await bodyOf(server, 'POST')).toMatchObject({ to: 'withdrawn', reason: 'Moved away' }))
})

it('offers a newer template and takes it only when asked', async () => {
  const { server } = open({ template: { ...row().template, newest: 2 } })
  const take = await screen.findByRole('button', { name: 'Take version 2' })
  expect(server.requests.some((one) => one.method === 'PUT')).toBe(false)
  await userEvent.click(take)
  await waitFor(async () => expect(await bodyOf(server, 'PUT')).toEqual({ number: 2 }))
})

it('pulls a listed case up in one act', async () => {
  const server = fakeServer({
    'GET /api/cases/case-1/readiness': { body: row({ status: 'soc_listed', may: ['record', 'pull_up'] }) },
    'POST /api/cases/case-1/pull-up': { body: { ...move, to_status: 'ready' } },
  })
  renderScreen(<ReadinessSection entry={entry} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Pull up to discussion' }))
  await waitFor(() => expect(server.requests.some((one) => one.url.endsWith('/pull-up'))).toBe(true))
})
