import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { ModelEntry, ModelVersion } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import ModelsRoute from './ModelsRoute'
import { consequencesOf } from './VersionActs'

const aVersion = (part: Partial<ModelVersion> = {}): ModelVersion => ({
  id: 'version-1',
  version: '1.0.0',
  tree_sha256: 'ab'.repeat(32),
  state: 'active',
  card: {},
  scope: {},
  approvals: [],
  can: [],
  created_at: '2026-11-01T10:00:00Z',
  ...part,
})
const aModel = (versions: ModelVersion[]): ModelEntry =>
  ({ id: 'model-1', slug: 'nodule', name: 'Nodule', kind: 'bundle', version: '1.0.0', version_id: 'version-1', sha256: '', state: 'active', card: {}, scope: {}, versions }) as ModelEntry
const admin = { person: 'Ada Admin', side: 'administration', at: '2026-11-20T10:00:00Z' }

function open(versions: ModelVersion[], answer: { status?: number; body?: unknown } = { body: aVersion() }) {
  const server = fakeServer({
    'GET /api/models': { body: { results: [aModel(versions)] } },
    'GET /api/jobs': { body: [] },
    'GET /api/cases': { body: [] },
    'GET /api/me': { body: { id: 'u', display_name: 'Dr Demir', discipline: 'radiology', system_roles: [] } },
    'POST /api/models/versions/version-2/approve': answer,
    'POST /api/models/versions/version-1/suspend': answer,
  })
  return { server, ...renderScreen(<ModelsRoute />) }
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('shows every version that is in use or may be, with whose word it has', async () => {
  const { container } = open([aVersion(), aVersion({ id: 'version-2', version: '2.0.0', state: 'pending', approvals: [admin] }), aVersion({ id: 'version-0', version: '0.9', state: 'retired' })])
  const [first, second, ...more] = within(await screen.findByRole('list', { name: 'Versions of Nodule' })).getAllByRole('listitem')
  expect(first).toHaveTextContent('Version 1.0.0In useNobody has approved it yet')
  expect(second).toHaveTextContent(/Version 2.0.0Waiting for two approvalsApproved by Ada Admin \(AI administration\)/)
  expect(more).toEqual([])
  expect(screen.queryByRole('button', { name: /Approve|Suspend|into use/ })).toBeNull()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('approves after saying what it means, for whom it counts, and what it ends', async () => {
  const { server } = open([aVersion(), aVersion({ id: 'version-2', version: '2.0.0', state: 'pending', approvals: [admin], can: ['approve'] })])
  await userEvent.click(await screen.findByRole('button', { name: 'Approve Nodule 2.0.0' }))
  const dialog = await screen.findByRole('dialog')
  expect(dialog).toHaveTextContent('after Ada Admin: the model comes into use at once')
  expect(dialog).toHaveTextContent('Version 1.0.0, in use, is retired. That cannot be undone.')
  expect(dialog).toHaveTextContent('ab'.repeat(32))
  expect(dialog).toHaveTextContent('under your name, Dr Demir')
  expect(server.requests.some(({ method }) => method === 'POST')).toBe(false)
  await userEvent.click(within(dialog).getByRole('button', { name: 'Approve' }))
  expect(server.requests.some(({ method, url }) => method === 'POST' && url.endsWith('/version-2/approve'))).toBe(true)
})

it('keeps the question open and says why when the server refuses', async () => {
  open([aVersion({ can: ['suspend'] })], { status: 409, body: { code: 'illegal_move', title: 'Conflict' } })
  await userEvent.click(await screen.findByRole('button', { name: 'Suspend Nodule 1.0.0' }))
  const dialog = await screen.findByRole('dialog')
  expect(dialog).toHaveTextContent('Jobs that wait for it fail')
  await userEvent.click(within(dialog).getByRole('button', { name: 'Suspend' }))
  expect(await within(dialog).findByRole('alert')).toHaveTextContent('This cannot be done any more')
})

it('names what each act changes', () => {
  const words = (versions: ModelVersion[], act: 'approve' | 'activate' | 'suspend') =>
    consequencesOf(aModel(versions), versions[0] as ModelVersion, act).map(({ word }) => word)
  const other = aVersion({ id: 'other', state: 'suspended' })
  expect(words([aVersion(), other], 'suspend')).toEqual(['suspend', 'suspendBack'])
  expect(words([aVersion({ state: 'suspended' })], 'activate')).toEqual(['activate'])
  expect(words([aVersion({ state: 'suspended' }), other], 'activate')).toEqual(['activate', 'retires'])
  expect(words([aVersion({ state: 'pending' }), other], 'approve')).toEqual(['approve', 'approveFirst'])
  expect(words([aVersion({ state: 'pending', approvals: [admin] }), other], 'approve')).toEqual(['approve', 'approveSecond', 'retires'])
})
