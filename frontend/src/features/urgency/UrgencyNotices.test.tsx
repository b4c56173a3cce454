import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { UrgencyNotice } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'
import { usePreferences } from '@/ui/preferences'

import UrgencyNotices from './UrgencyNotices'
import UrgencyWaiting from './UrgencyWaiting'

const aNotice = (part: Partial<UrgencyNotice> = {}): UrgencyNotice => ({
  id: 'alert-1',
  case: 'case-1',
  case_title: 'Nodule in the left lower lobe',
  finding: 'finding-1',
  study_instance_uid: '1.2.3',
  level: 'critical',
  score: 91,
  reason: 'Critical: Pneumothorax. Probability 0.87, threshold 0.50.',
  model: { name: 'Chest triage', version: '2.1' },
  count: 2,
  raised_at: '2026-11-20T10:00:00Z',
  ...part,
})
const demotion = { id: 'tier-1', model: 'Chest triage', finding: 'Pneumothorax', because: 'share', at: '2026-11-20T10:00:00Z' }
const nothing = { notices: [], demotions: [] }

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => {
  usePreferences.setState({ presentation: false })
  vi.unstubAllGlobals()
})

it('stays until it is acknowledged, and takes nothing else away', async () => {
  const server = fakeServer({
    'GET /api/urgency-notices': { body: { notices: [aNotice()], demotions: [] } },
    'POST /api/urgency-notices/alert-1/acknowledge': { body: nothing },
  })
  const { container } = renderScreen(<UrgencyNotices />)
  const row = await screen.findByRole('listitem')
  expect(row).toHaveTextContent('Critical, AI, unreviewed Nodule in the left lower lobe')
  expect(row).toHaveTextContent('Probability 0.87, threshold 0.50. Chest triage 2.1. · 2 findings')
  expect(screen.queryByRole('dialog')).toBeNull()
  expect(screen.getByRole('link', { name: /Show the findings/ })).toHaveAttribute('href', '/cases/case-1#findings')
  expect(await accessibilityFaults(container)).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: /Acknowledge the notice/ }))
  await waitFor(() => expect(screen.queryByRole('listitem')).toBeNull())
  expect(server.requests.map((one) => one.method)).toEqual(['GET', 'POST'])
})

it('stays when the word did not arrive, and says so', async () => {
  fakeServer({
    'GET /api/urgency-notices': { body: { notices: [aNotice()], demotions: [] } },
    'POST /api/urgency-notices/alert-1/acknowledge': { status: 503, body: { code: 'unavailable', title: 'Not available', status: 503, detail: '' } },
  })
  renderScreen(<UrgencyNotices />)
  await userEvent.click(await screen.findByRole('button', { name: /Acknowledge the notice/ }))
  expect(await screen.findByRole('alert')).toBeInTheDocument()
  expect(screen.getByRole('listitem')).toBeInTheDocument()
})

it('tells AI administration of a tier that went beyond its budget', async () => {
  const server = fakeServer({
    'GET /api/urgency-notices': { body: { notices: [], demotions: [demotion] } },
    'POST /api/urgency-tiers/tier-1/seen': { body: nothing },
  })
  renderScreen(<UrgencyNotices />)
  expect(await screen.findByRole('listitem')).toHaveTextContent('Pneumothorax of Chest triage flagged more studies than its budget allows.')
  await userEvent.click(screen.getByRole('button', { name: /Understood/ }))
  await waitFor(() => expect(screen.queryByRole('listitem')).toBeNull())
  expect(server.requests.at(-1)?.method).toBe('POST')
})

it('is not shown, nor asked for, where a screen is projected', async () => {
  const server = fakeServer({ 'GET /api/urgency-notices': { body: { notices: [aNotice()], demotions: [] } } })
  usePreferences.setState({ presentation: true })
  const { container } = renderScreen(<><UrgencyNotices /><UrgencyWaiting /></>)
  await new Promise((done) => setTimeout(done, 20))
  expect(container.querySelector('section, a')).toBeNull()
  expect(server.requests).toEqual([])
})

it('below the images says that something waits and nothing of what', async () => {
  fakeServer({ 'GET /api/urgency-notices': { body: { notices: [aNotice(), aNotice({ id: 'alert-2' })], demotions: [demotion] } } })
  renderScreen(<UrgencyWaiting />)
  const link = await screen.findByRole('link')
  expect(link).toHaveTextContent(/^\s*2 urgent AI notices$/)
})
