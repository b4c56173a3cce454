import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { AutomationRule, UrgencyTier } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import AutomationRoute from './AutomationRoute'

const aRule = (part: Partial<AutomationRule> = {}): AutomationRule => ({
  id: 'rule-1',
  version: 3,
  name: 'Every chest CT',
  board: null,
  model: { id: 'model-1', name: 'Chest triage' },
  modality: 'CT',
  body_parts: ['CHEST'],
  descriptions: ['*lung*'],
  not_descriptions: [],
  contrast: 'without',
  min_images: 40,
  is_urgent: true,
  enabled: true,
  created_by: 'Ada Admin',
  may_change: true,
  last_run: { at: '2026-11-20T10:00:00Z', rule_version: 3, outcome: 'no_series', reason: 'Modality CT: none of 2 series.', job: null },
  ...part,
})
const aTier = (part: Partial<UrgencyTier> = {}): UrgencyTier => ({
  id: 'tier-1',
  version: 2,
  model: 'Chest triage',
  finding: 'Pneumothorax',
  tier: 'interrupt',
  shown_tier: 'passive',
  max_share: 0.05,
  min_ppv: 0.2,
  repeat_window_days: 14,
  demoted_at: '2026-11-20T10:00:00Z',
  demoted_because: 'share',
  figures: { studies: 40, flagged: 4, share: 0.1, alerts: 6, repeats: 2, reviewed: 4, accepted: 1, ppv: null, acknowledged: 3, median_acknowledged_s: 300 },
  ...part,
})

function open({ rules = [aRule()], roles = ['ai_admin'] as string[], tiers = [aTier()] } = {}) {
  const isAdmin = roles.includes('ai_admin')
  const server = fakeServer({
    'GET /api/automation-rules': { body: { results: rules, boards: [{ id: 'board-1', name: 'Thoracic board' }], may_make_house_rules: isAdmin } },
    'GET /api/me': { body: { id: 'u', display_name: 'Ada Admin', discipline: 'administration', system_roles: roles } },
    'GET /api/models': { body: { results: [{ id: 'model-1', name: 'Chest triage', versions: [] }] } },
    'GET /api/urgency-tiers': { body: { results: tiers } },
    'POST /api/automation-rules': { status: 201, body: aRule() },
    'POST /api/automation-rules/trial': { body: { studies: 50, requested: 12, reasons: [{ reason: 'Modality CT', count: 38 }] } },
    'PATCH /api/automation-rules/rule-1': { body: aRule({ enabled: false }) },
    'PATCH /api/urgency-tiers/tier-1': { body: aTier() },
  })
  return { server, ...renderScreen(<AutomationRoute />) }
}
const sent = async (server: { requests: Request[] }, method: string) => {
  const request = await waitFor(() => {
    const found = server.requests.find((one) => one.method === method)
    expect(found).toBeDefined()
    return found as Request
  })
  return (await request.json()) as Record<string, unknown>
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('lists rules with what arrives, what is asked for and what they did last', async () => {
  const { container } = open()
  const row = within(await screen.findByRole('list', { name: 'Rules' })).getByRole('listitem')
  expect(row).toHaveTextContent('CT · CHEST · *lung* · Without contrast · 40 images or more → Chest triage')
  expect(row).toHaveTextContent(/Last: no series fitted.*Modality CT: none of 2 series.*made by Ada Admin/)
  expect(await accessibilityFaults(container)).toEqual([])
})

it('switches a rule off, naming the version that was seen', async () => {
  const { server } = open()
  await userEvent.click(await screen.findByRole('switch', { name: 'Every chest CT runs by itself' }))
  expect(await sent(server, 'PATCH')).toEqual({ enabled: false })
  expect(server.requests.find((one) => one.method === 'PATCH')?.headers.get('If-Match')).toBe('"3"')
})

it('tries a rule out before it is kept, and makes it', async () => {
  const { server } = open({ rules: [] })
  await userEvent.click(await screen.findByRole('button', { name: 'New rule' }))
  await userEvent.type(await screen.findByRole('textbox', { name: 'Name' }), 'Lungs')
  await userEvent.click(screen.getByRole('combobox', { name: 'Model' }))
  await userEvent.click(await screen.findByRole('option', { name: 'Chest triage' }))
  await userEvent.type(screen.getByRole('textbox', { name: /fits$/ }), '*thin*{enter}*1 mm*')
  await userEvent.click(screen.getByRole('button', { name: 'Try it out' }))
  expect(await screen.findByText(/would have run on 12 of the last 50 studies/)).toBeInTheDocument()
  expect(screen.getByText('Modality CT: 38 studies')).toBeInTheDocument()
  expect(server.requests.filter((one) => one.method === 'POST')).toHaveLength(1)
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  const [, made] = server.requests.filter((one) => one.method === 'POST')
  expect(await made?.json()).toMatchObject({ name: 'Lungs', board: null, model: 'model-1', descriptions: ['*thin*', '*1 mm*'], contrast: 'any' })
})

it('asks for what is missing instead of sending half a rule', async () => {
  const { server } = open({ rules: [] })
  await userEvent.click(await screen.findByRole('button', { name: 'New rule' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Try it out' }))
  expect((await screen.findAllByText('Needed')).length).toBe(2)
  expect(server.requests.some((one) => one.method === 'POST')).toBe(false)
})

it('offers a chair their board only, and no tiers', async () => {
  const { server } = open({ roles: [], rules: [aRule({ may_change: false })] })
  await screen.findByText('Every chest CT')
  expect(screen.queryByRole('switch')).toBeNull()
  expect(screen.queryByText('How loud findings may be')).toBeNull()
  expect(server.requests.some((one) => one.url.includes('urgency-tiers'))).toBe(false)
})

it('says which budget a kind of finding went beyond, and by how much', async () => {
  open()
  const row = within(await screen.findByRole('list', { name: 'How loud findings may be' })).getByRole('listitem')
  expect(row).toHaveTextContent('Passive: over its budget of studies')
  expect(row).toHaveTextContent('Flagged 4 of 40 studies in 30 days = 10 %, budget 5 %')
  expect(row).toHaveTextContent('accepted 1 of the last 4 reviewed (too few to judge), at least 20 %')
  expect(row).toHaveTextContent('2 repeats kept quiet')
  expect(row).toHaveTextContent('acknowledged after 5 min (median of 3)')
})
