import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Route, Routes } from 'react-router-dom'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { BundleFile, FileChange, ReachPage, VersionContent, VersionDetail } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aVersionDetail } from '@/app/testing/models'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { aCard } from './cardExample'
import { consequencesOf } from './VersionActs'
import VersionRoute from './VersionRoute'

const HASH = 'ab'.repeat(32)
const PATH = '/api/models/versions/version-1'
const admin = { person: 'Ada Admin', side: 'administration', at: '2026-11-20T10:00:00Z' }
const aFile = (path: string, kind: string): BundleFile => ({ path, size: 2_048, sha256: 'cd'.repeat(32), kind })
const aChange = (part: Partial<FileChange>): FileChange => ({
  path: 'scripts/net.py',
  kind: 'script',
  change: 'changed',
  before: aFile('scripts/net.py', 'script'),
  after: aFile('scripts/net.py', 'script'),
  text: 'lines',
  lines: ['@@ -1,2 +1,2 @@', ' A = 1', '-B = 2', '+B = "<img src=x onerror=alert(1)>"'],
  cut: false,
  ...part,
})
const content: VersionContent = {
  tree_sha256: HASH,
  files: [aFile('scripts/net.py', 'script'), aFile('models/model.pt', 'weights')],
  against: { id: 'version-0', version: '0.9', state: 'active', created_at: '2026-10-01T10:00:00Z' },
  changes: [aChange({}), aChange({ path: 'models/model.pt', kind: 'weights', change: 'added', before: null, text: 'binary', lines: [] })],
}
const reach: ReachPage = {
  next: null,
  previous: null,
  by_pseudonym: true,
  ai_hidden: false,
  totals: { cases: 1, findings: 1, accepted: 1, dismissed: 0, exported: 1, decisions: 1, without_findings: 1 },
  results: [
    {
      case: null,
      case_title: '',
      case_pseudonym: 'CASE-4F2A91C07B',
      answered_at: '2026-11-20T10:00:00Z',
      outcome: 'findings',
      findings: [
        { id: null, pseudonym: 'FIND-1', number: 1, label: 'Mass', urgency: 'routine', state: 'accepted', reason_code: null, reviewed_at: null, reviewer: '', discipline: 'radiology', export: 'stored', stored_at: null, report_uid: '' },
      ],
      decisions: [{ id: null, pseudonym: 'DEC-1', status: 'signed', at: '2026-11-21T10:00:00Z' }],
    },
    { case: null, case_title: '', case_pseudonym: 'CASE-4F2A91C07B', answered_at: '2026-11-19T10:00:00Z', outcome: 'no_findings', findings: [], decisions: [] },
  ],
}

function open(version: VersionDetail, show = '', answers: Parameters<typeof fakeServer>[0] = {}) {
  const server = fakeServer({
    [`GET ${PATH}`]: { body: version },
    [`GET ${PATH}/card`]: { body: aCard({ may_write: true }) },
    [`GET ${PATH}/content`]: { body: content },
    [`GET ${PATH}/reach`]: { body: reach },
    'GET /api/me': { body: { id: 'u', display_name: 'Dr Demir', discipline: 'radiology', system_roles: [] } },
    ...answers,
  })
  const screenUnderTest = (
    <Routes>
      <Route path="/models/versions/:versionId" element={<VersionRoute />} />
    </Routes>
  )
  return { server, ...renderScreen(screenUnderTest, { path: `/models/versions/version-1${show && `?show=${show}`}` }) }
}

const posted = async (server: ReturnType<typeof fakeServer>, path: string): Promise<unknown> => {
  const request = server.requests.find(({ method, url }) => method === 'POST' && url.endsWith(path))
  return request ? (request.json() as Promise<unknown>) : null
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('says of every attribute whose words it has, or that nobody said it', async () => {
  const { container } = open(aVersionDetail())
  const row = (await screen.findByRole('rowheader', { name: 'Intended use' })).closest('tr') as HTMLElement
  expect(row).toHaveTextContent('Tests onlyStated by the developer')
  const unsaid = screen.getByRole('rowheader', { name: 'Intended users' }).closest('tr') as HTMLElement
  expect(unsaid).toHaveTextContent('Not stated by the developer')
  expect(screen.getByText('No regulatory clearance.')).toBeVisible()
  expect(screen.getByText('1 of 4 source attributes (US HTI-1) are stated.')).toBeVisible()
  expect(within(row).queryByRole('button')).toBeNull()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('lets AI administration write what is missing, under its name', async () => {
  const written = aCard({ groups: [{ key: 'purpose', statements: [{ key: 'purpose.intended_users', text: 'Radiologists', source: 'house', author: 'Ada Admin', at: '2026-11-28T10:00:00Z' }] }] })
  const { server } = open(aVersionDetail(), '', { [`POST ${PATH}/card`]: { body: written } })
  await userEvent.click(await screen.findByRole('button', { name: 'Add: Intended users' }))
  await userEvent.type(screen.getByRole('textbox', { name: 'Intended users' }), 'Radiologists')
  await userEvent.click(screen.getByRole('button', { name: 'Keep' }))
  expect(await screen.findByText(/Said by this house: Ada Admin/)).toBeVisible()
  expect(await posted(server, '/card')).toEqual({ key: 'purpose.intended_users', text: 'Radiologists' })
})

it('has a content read before it is approved, and names the hash that was shown', async () => {
  const waiting = aVersionDetail({ state: 'registered', approvals: [admin], can: ['approve', 'retire'] })
  const { server } = open(waiting, '', { [`POST ${PATH}/approve`]: { body: waiting } })
  await screen.findByText(/Content approved by Ada Admin \(AI administration\)/)
  expect(screen.queryByRole('button', { name: 'Approve' })).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Read the content first' }))
  expect(await screen.findByTestId('tree-hash')).toHaveTextContent(HASH)
  await userEvent.click(screen.getByRole('button', { name: 'Approve' }))
  const dialog = await screen.findByRole('dialog')
  expect(dialog).toHaveTextContent('It is the second word')
  expect(dialog).toHaveTextContent(HASH)
  await userEvent.click(within(dialog).getByRole('button', { name: 'Approve' }))
  expect(await posted(server, '/approve')).toEqual({ tree_sha256: HASH })
})

it('shows changes as text and never as markup', async () => {
  const { container } = open(aVersionDetail(), 'content')
  const diff = await screen.findByLabelText('Changes of scripts/net.py')
  expect(diff).toHaveTextContent('+B = "<img src=x onerror=alert(1)>"')
  expect(container.querySelector('img')).toBeNull()
  expect(screen.getByText('Binary; told by its hash.')).toBeInTheDocument()
  const files = screen.getByRole('table', { name: 'Files of this version' })
  expect(within(files).getByText('models/model.pt')).toBeVisible()
  expect(within(files).getByText('Weights')).toBeVisible()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('asks for a reason where a bundle was not validated here', async () => {
  const version = aVersionDetail({ state: 'registered', can: ['propose'] })
  const { server } = open(version, 'content', { [`POST ${PATH}/propose`]: { body: version } })
  await userEvent.click(await screen.findByRole('button', { name: 'Propose for use' }))
  const dialog = await screen.findByRole('dialog')
  const send = within(dialog).getByRole('button', { name: 'Propose for use' })
  expect(send).toBeDisabled()
  await userEvent.type(within(dialog).getByRole('textbox'), 'Phantoms only so far.')
  await userEvent.click(send)
  expect(await posted(server, '/propose')).toEqual({ tree_sha256: HASH, reason: 'Phantoms only so far.' })
})

it('rolls back in one step, and keeps the question open when the server refuses', async () => {
  const version = aVersionDetail({ can: ['suspend', 'roll_back'], returns_to: '0.9' })
  const { server } = open(version, '', { [`POST ${PATH}/roll-back`]: { status: 409, body: { code: 'nothing_to_roll_back_to', title: 'Conflict' } } })
  await userEvent.click(await screen.findByRole('button', { name: 'Roll back' }))
  const dialog = await screen.findByRole('dialog')
  expect(dialog).toHaveTextContent('Version 0.9 is in use again at once.')
  await userEvent.click(within(dialog).getByRole('radio', { name: /In shadow/ }))
  await userEvent.type(within(dialog).getByRole('textbox'), 'It misses small lesions.')
  await userEvent.click(within(dialog).getByRole('button', { name: 'Roll back' }))
  expect(await within(dialog).findByRole('alert')).toHaveTextContent('There is no version to go back to')
  expect(await posted(server, '/roll-back')).toEqual({ reason: 'It misses small lesions.', to: 'shadow' })
})

it('lists what it touched, by pseudonym where there is no more to see', async () => {
  const { container } = open(aVersionDetail({ state: 'suspended' }), 'reach')
  const table = await screen.findByRole('table')
  const [, first, second] = within(table).getAllByRole('row')
  expect(first).toHaveTextContent(/CASE-4F2A91C07B.*MassAcceptedin the PACS.*Signed/)
  expect(second).toHaveTextContent('Found nothing')
  expect(within(table).queryByRole('link')).toBeNull()
  expect(screen.getByText(/by pseudonyms that only this house can lead back/)).toBeVisible()
  expect(screen.getByRole('link', { name: 'CSV' })).toHaveAttribute('href', `${PATH}/reach.csv`)
  expect(await accessibilityFaults(container)).toEqual([])
})

it('keeps the history with who and why', async () => {
  const change = { kind: 'suspended', from_state: 'active', to_state: 'suspended', reason: 'Misses lesions.', person: 'Ada Admin', confirmed_by: '', at: '2026-11-20T10:00:00Z' } as const
  open(aVersionDetail({ changes: [change], beside: [{ id: 'v0', version: '0.9', state: 'active', created_at: '2026-10-01T10:00:00Z' }] }), 'history')
  const changes = await screen.findByRole('region', { name: /Changes of state/ })
  expect(within(changes).getByRole('listitem')).toHaveTextContent(/Suspended.*Ada Admin.*Misses lesions\./)
  expect(screen.getByRole('link', { name: 'Version 0.9' })).toHaveAttribute('href', '/models/versions/v0')
})

it('names what each act changes', () => {
  const words = (version: VersionDetail, act: Parameters<typeof consequencesOf>[1]) => consequencesOf(version, act).map(({ word }) => word)
  const beside = [{ id: 'v0', version: '0.9', state: 'active', created_at: '' } as const]
  expect(words(aVersionDetail(), 'approve')).toEqual(['approve', 'approveFirst'])
  expect(words(aVersionDetail({ needs_reason: false }), 'propose')).toEqual(['propose'])
  expect(words(aVersionDetail({ beside: [...beside] }), 'confirm')).toEqual(['confirm', 'replaces'])
  expect(words(aVersionDetail(), 'shadow')).toEqual(['shadow', 'leavesUse'])
  expect(words(aVersionDetail({ state: 'validated' }), 'shadow')).toEqual(['shadow'])
})
