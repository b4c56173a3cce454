import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it } from 'vitest'

import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'
import type { DecisionText, WaitingDecision } from '@/api/types'

import { SigningQueue } from './SigningQueue'

const entry = (id: string, name: string, part: Partial<WaitingDecision> = {}): WaitingDecision => ({
  id,
  version: 2,
  case: `case-${id}`,
  title: 'Nodule',
  patient: { patient_id: id, name, birth_date: null, sex: 'F' },
  meeting: null,
  drafted_by: null,
  recommendations: 1,
  dissents: 0,
  blocked_by: '',
  updated_at: '2026-11-28T13:00:00Z',
  ...part,
})

const text = (id: string): DecisionText => ({
  id,
  version: 2,
  status: 'draft',
  digest: id.repeat(64),
  body: `1. Text of ${id}`,
  text: '',
  quorum: 'met',
  quorum_missing: [],
})

const answers = {
  'GET /api/csrf': { body: { csrf_token: 't' } },
  'GET /api/signing': { body: { waiting: 3, proven_until: null, ways: ['password'] } },
  'GET /api/decisions/to-sign': {
    body: { next: null, previous: null, results: [entry('a', 'Alder^Ann'), entry('b', 'Birch^Bob'), entry('c', 'Cedar^Cy', { blocked_by: 'nothing_recommended' })] },
  },
  'GET /api/decisions/a/text': { body: text('a') },
  'GET /api/decisions/b/text': { body: text('b') },
  'GET /api/decisions/c/text': { body: text('c') },
}

it('signs only what was shown and marked, and says of each that was refused why', async () => {
  const { requests } = fakeServer({
    ...answers,
    'POST /api/decisions/sign': { body: { signed: ['b'], refused: [{ id: 'a', code: 'text_changed', detail: '…' }] } },
  })
  const { container } = renderScreen(<SigningQueue />)
  expect(await screen.findByText('1. Text of a')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Sign what is marked' })).toBeDisabled()
  await userEvent.click(screen.getByRole('checkbox', { name: /I have read the decision on/ }))
  await userEvent.click(screen.getByRole('button', { name: /Birch/ }))
  expect(await screen.findByText('1. Text of b')).toBeVisible()
  expect(screen.queryByText('1. Text of a')).toBeNull()
  await userEvent.click(screen.getByRole('checkbox', { name: /I have read the decision on/ }))
  await userEvent.click(screen.getByRole('button', { name: 'Sign 2 decisions' }))
  expect(await screen.findByText('1 decision is signed.')).toBeVisible()
  expect(within(screen.getAllByRole('status')[0] as HTMLElement).getByText(/Alder.*Read it again/)).toBeVisible()
  const sent = requests.find(({ url }) => url.endsWith('/sign'))
  expect(await sent?.json()).toEqual({
    decisions: [
      { id: 'a', version: 2, digest: 'a'.repeat(64) },
      { id: 'b', version: 2, digest: 'b'.repeat(64) },
    ],
  })
  expect(screen.getByRole('button', { name: 'Sign what is marked' })).toBeDisabled()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('offers no mark for a draft that recommends nothing', async () => {
  fakeServer(answers)
  renderScreen(<SigningQueue />)
  await userEvent.click(await screen.findByRole('button', { name: /Cedar/ }))
  expect(await screen.findByText(/Nothing is recommended yet/)).toBeVisible()
  expect(screen.queryByRole('checkbox')).toBeNull()
})

it('says that nothing waits', async () => {
  fakeServer({ ...answers, 'GET /api/decisions/to-sign': { body: { next: null, previous: null, results: [] } } })
  renderScreen(<SigningQueue />)
  expect(await screen.findByText('Nothing waits for your signature')).toBeVisible()
})
