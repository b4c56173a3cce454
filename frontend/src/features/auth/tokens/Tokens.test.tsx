import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import TokensRoute from './TokensRoute'

const day = 86_400_000
const inDays = (days: number) => new Date(Date.now() + days * day).toISOString()
const token = (more: object = {}) => ({
  id: 't1',
  name: 'OHIF in room 2',
  key: 'cns_0123456789ab',
  scopes: ['dicomweb:read'],
  cases: ['c1'],
  created_at: inDays(-1),
  expires_at: inDays(6),
  revoked_at: null,
  last_used_at: null,
  ...more,
})
const page = (results: unknown[]) => ({ body: { next: null, previous: null, results } })
const cases = page([{ id: 'c1', title: 'Two lung nodules' }, { id: 'c2', title: 'Liver lesion' }])

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('says of each token what it opens, and whether it still does', async () => {
  fakeServer({
    'GET /api/tokens': page([token(), token({ id: 't2', name: 'Old', expires_at: inDays(-1) }), token({ id: 't3', name: 'Lost', revoked_at: inDays(0), cases: ['gone'] })]),
    'GET /api/cases': cases,
  })
  const { container } = renderScreen(<TokensRoute />)
  const rows = await screen.findAllByRole('listitem')
  expect(rows).toHaveLength(3)
  const [active, ended, revoked] = rows as [HTMLElement, HTMLElement, HTMLElement]
  expect(await within(active).findByText('Two lung nodules')).toBeVisible()
  expect(within(active).getByText('Query and retrieve')).toBeVisible()
  expect(within(active).getByText('Active')).toBeVisible()
  expect(within(ended).getByText('Ended')).toBeVisible()
  expect(within(revoked).getByText('Revoked')).toBeVisible()
  expect(within(revoked).getByText('a case you no longer see')).toBeVisible()
  for (const over of [ended, revoked]) expect(within(over).queryByRole('button')).toBeNull()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('makes a token for chosen cases and shows it once', async () => {
  const server = fakeServer({
    'GET /api/tokens': page([]),
    'GET /api/cases': cases,
    'POST /api/tokens': { status: 201, body: token({ token: 'cns_0123456789ab_secret' }) },
  })
  renderScreen(<TokensRoute />)
  expect(await screen.findByText('No tokens')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'New token' }))
  const dialog = within(await screen.findByRole('dialog'))
  await userEvent.click(dialog.getByRole('button', { name: 'Make the token' }))
  expect(dialog.getByText('Choose a case.')).toBeVisible()
  await userEvent.type(dialog.getByRole('textbox', { name: 'Name' }), 'OHIF in room 2')
  await userEvent.click(dialog.getByRole('combobox', { name: 'Cases' }))
  await userEvent.click(await screen.findByRole('option', { name: 'Two lung nodules' }))
  await userEvent.click(dialog.getByRole('button', { name: 'Make the token' }))
  expect(await screen.findByTestId('token')).toHaveTextContent('cns_0123456789ab_secret')
  expect(screen.getByText(/\/dicomweb\/cases\/c1$/)).toBeVisible()
  const sent = server.requests.find((one) => one.method === 'POST')
  const body = (await sent?.json()) as { scopes: string[]; cases: string[]; expires_at: string }
  expect(body).toMatchObject({ name: 'OHIF in room 2', scopes: ['dicomweb:read'], cases: ['c1'] })
  const days = (new Date(body.expires_at).getTime() - Date.now()) / day
  expect(days).toBeGreaterThan(6.9)
  expect(days).toBeLessThanOrEqual(7)
  await userEvent.click(screen.getByRole('button', { name: 'I have kept it' }))
  expect(screen.queryByTestId('token')).toBeNull()
})

it('revokes only when asked twice', async () => {
  const server = fakeServer({ 'GET /api/tokens': page([token()]), 'GET /api/cases': cases, 'DELETE /api/tokens/t1': { status: 204 } })
  renderScreen(<TokensRoute />)
  await userEvent.click(await screen.findByRole('button', { name: 'Revoke OHIF in room 2' }))
  expect(server.requests.some((one) => one.method === 'DELETE')).toBe(false)
  await userEvent.click(screen.getByRole('button', { name: 'Revoke OHIF in room 2 now?' }))
  expect(server.requests.some((one) => one.method === 'DELETE')).toBe(true)
})
