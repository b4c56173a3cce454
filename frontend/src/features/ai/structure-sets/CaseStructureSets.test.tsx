import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'

import type { AcceptedStructureSet, AcceptedStructureSets } from '@/api/structureSets'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aFinding } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { CaseStructureSets } from './CaseStructureSets'

const PATH = '/api/cases/case-1/studies/1.2.3/structure-set'
const sending = (part: Partial<NonNullable<AcceptedStructureSet['sending']>> = {}): AcceptedStructureSet['sending'] => ({
  state: 'queued',
  attempts: 0,
  error: null,
  stored_at: null,
  ...part,
})
const aSet = (part: Partial<AcceptedStructureSet> = {}): AcceptedStructureSet => ({
  series_instance_uid: '1.2.3.4',
  series_description: 'CT thorax',
  sop_instance_uid: '2.25.1',
  approval: 'UNAPPROVED',
  regions: [{ finding: 'finding-1', label: 'Tumour 1', name: 'GTVp', interpreted_type: 'GTV' }],
  sending: null,
  earlier: 0,
  ...part,
})
const answer = (set: AcceptedStructureSet, may_send = true): { body: AcceptedStructureSets } => ({ body: { may_send, results: [set] } })

const open = (routes: Parameters<typeof fakeServer>[0]) => {
  const server = fakeServer(routes)
  return { server, ...renderScreen(<CaseStructureSets caseId="case-1" findings={[aFinding({ state: 'accepted' }), aFinding({ id: 'other' })]} />) }
}

afterEach(() => vi.unstubAllGlobals())

it('is not there while nothing is accepted', () => {
  renderScreen(<CaseStructureSets caseId="case-1" findings={[aFinding(), aFinding({ state: 'accepted', mask_url: null })]} />)
  expect(screen.queryByText('For radiotherapy')).toBeNull()
})

it('names the structures, says that nothing is approved, and sends on the button', async () => {
  const { server, container } = open({
    [`GET ${PATH}`]: answer(aSet()),
    [`POST ${PATH}`]: { status: 202, ...answer(aSet({ sending: sending() })) },
  })
  const button = await screen.findByRole('button', { name: 'Send accepted contours of CT thorax to the PACS (RTSTRUCT)' })
  expect(screen.getByText(/GTVp/)).toBeVisible()
  expect(screen.getByText(/sent as not approved/)).toBeVisible()
  expect(await accessibilityFaults(container)).toEqual([])
  await userEvent.click(button)
  await waitFor(() => expect(server.requests.map((request) => request.method)).toContain('POST'))
})

it('shows that the PACS has it, and how many older ones it has', async () => {
  open({ [`GET ${PATH}`]: answer(aSet({ sending: sending({ state: 'stored', attempts: 1 }), earlier: 1 })) })
  expect(await screen.findByText('Stored and verified in the PACS')).toBeVisible()
  expect(screen.getByText(/1 earlier structure set/)).toBeVisible()
  expect(screen.queryByRole('button', { name: /^Send/ })).toBeNull()
  expect(screen.getByRole('link', { name: /Download the contours of CT thorax/ })).toHaveAttribute('href', `${PATH}/file?series=1.2.3.4`)
})

it('says why it failed and offers to try again', async () => {
  const error = { code: 'not_parallel', message: 'The slices do not lie parallel to each other.' }
  open({ [`GET ${PATH}`]: answer(aSet({ sending: sending({ state: 'failed', attempts: 1, error }) })) })
  expect(await screen.findByText(error.message)).toBeVisible()
  expect(screen.getByRole('button', { name: 'Try again to send the contours of CT thorax' })).toBeEnabled()
})

it('offers nothing to whoever may not send', async () => {
  open({ [`GET ${PATH}`]: answer(aSet(), false) })
  expect(await screen.findByText(/radiation oncology sends contours/)).toBeVisible()
  expect(screen.queryByRole('button')).toBeNull()
  expect(screen.queryByRole('link')).toBeNull()
})

it('says what is wrong where the state cannot be had', async () => {
  open({ [`GET ${PATH}`]: { status: 503, body: { code: 'unavailable', title: 'Away' } } })
  expect(await screen.findByRole('button', { name: 'Retry' })).toBeVisible()
})
