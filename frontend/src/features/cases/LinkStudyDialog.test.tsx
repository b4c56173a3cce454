import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { CaseDetail, PacsAnswer, PacsSearch, PacsStudy } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aCase, aStudy } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { LinkStudyDialog } from './LinkStudyDialog'

const HOUSE = { pacs: 'p-1', name: 'House PACS' }
const MIRROR = { pacs: 'p-2', name: 'Mirror' }
const LIST = [HOUSE, MIRROR].map(({ pacs, name }, priority) => ({ id: pacs, name, is_active: true, priority }))

const found = (uid: string, holders: Partial<PacsStudy['held_by'][number]>[], part: Partial<PacsStudy> = {}): PacsStudy => ({
  study_instance_uid: uid,
  study_date: '2026-03-12',
  study_time: '',
  description: `Study ${uid}`,
  modalities: ['CT'],
  accession_number: '',
  patient_id: 'PHX-0002',
  issuer: '',
  patient_name: 'Birch^Phantom',
  birth_date: '1966-04-02',
  sex: 'F',
  series_count: 1,
  instance_count: 40,
  held_by: holders.map((holder) => ({ ...HOUSE, series_count: 1, instance_count: 40, is_same_patient: true, ...holder })),
  ...part,
})

const said = (of: { pacs: string; name: string }, part: Partial<PacsAnswer> = {}): PacsAnswer => ({
  ...of,
  found: 1,
  is_truncated: false,
  error: null,
  ...part,
})

const away = (of: { pacs: string; name: string }): PacsAnswer =>
  said(of, { found: null, error: { code: 'pacs_unreachable', message: 'The PACS cannot be reached.' } })

async function search(told: PacsSearch, list = LIST) {
  const person = userEvent.setup()
  const server = fakeServer({
    'GET /api/pacs': { body: { next: null, previous: null, results: list } },
    'GET /api/pacs/studies': { body: told },
    'GET /api/pacs/p-1/studies': { body: told },
    'POST /api/cases/case-1/studies': { status: 202, body: aStudy() },
  })
  renderScreen(<LinkStudyDialog entry={aCase() as CaseDetail} linked={[]} onClose={vi.fn()} />)
  const button = await screen.findByRole('button', { name: 'Search' })
  await vi.waitFor(() => expect(button).toBeEnabled())
  await person.click(button)
  return { person, server }
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('shows what one PACS knows beside the one that is away', async () => {
  const { person, server } = await search({ results: [found('1.2', [MIRROR])], answers: [away(HOUSE), said(MIRROR)] })
  const answers = await screen.findByRole('status', { name: 'What each PACS answered' })
  expect(within(answers).getByText('cannot be reached')).toBeVisible()
  expect(within(answers).getByText('1 study')).toBeVisible()
  expect(screen.queryByRole('alert')).toBeNull()
  expect(await accessibilityFaults(document.body)).toEqual([])
  await person.click(screen.getByRole('button', { name: 'Link' }))
  const sent = server.requests.find((request) => request.method === 'POST')
  expect(await sent?.json()).toEqual({ pacs: 'p-2', study_instance_uid: '1.2' })
})

it('names everyone who holds a study, links through the first, and says where they differ', async () => {
  const holders = [HOUSE, { ...MIRROR, instance_count: 38, is_same_patient: false }]
  const { person, server } = await search({ results: [found('1.2', holders)], answers: [said(HOUSE), said(MIRROR)] })
  const row = (await screen.findByText('Study 1.2')).closest('tr')
  expect(within(row as HTMLElement).getByText(/House PACS/)).toBeVisible()
  expect(within(row as HTMLElement).getByText(/38 images/)).toBeVisible()
  expect(within(row as HTMLElement).getByText('other patient')).toBeVisible()
  await person.click(screen.getByRole('button', { name: 'Link' }))
  const sent = server.requests.find((request) => request.method === 'POST')
  expect(await sent?.json()).toEqual({ pacs: 'p-1', study_instance_uid: '1.2' })
})

it('says that an answer was cut short', async () => {
  await search({ results: [found('1.2', [HOUSE])], answers: [said(HOUSE, { found: 100, is_truncated: true }), said(MIRROR)] })
  expect(await screen.findByText(/there are more: narrow the search/)).toBeVisible()
})

it('does not call it nothing when nobody, or not everybody, answered', async () => {
  await search({ results: [], answers: [away(HOUSE), away(MIRROR)] })
  expect(await screen.findByText('No PACS answered')).toBeVisible()
})

it('says of whom nothing is known', async () => {
  await search({ results: [], answers: [away(HOUSE), said(MIRROR, { found: 0 })] })
  expect(await screen.findByText('None of the PACS that answered knows such a study')).toBeVisible()
})

it('asks the only PACS there is, without naming it again and again', async () => {
  const { server } = await search({ results: [found('1.2', [HOUSE])], answers: [said(HOUSE)] }, LIST.slice(0, 1))
  expect(await screen.findByText('Study 1.2')).toBeVisible()
  expect(screen.queryByRole('status', { name: 'What each PACS answered' })).toBeNull()
  expect(screen.queryByRole('columnheader', { name: 'Held by' })).toBeNull()
  expect(server.requests.some((request) => new URL(request.url).pathname === '/api/pacs/p-1/studies')).toBe(true)
})
