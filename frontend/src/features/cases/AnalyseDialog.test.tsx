import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { InputCandidate, InputProposal } from '@/api/inputs'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aCaseDetail, aJob, aSeries, aStudy } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { AnalyseDialog } from './AnalyseDialog'

const INPUTS = 'GET /api/cases/case-1/studies/1.2.3/models/model-1/inputs'
const candidate = (number: number, part: Partial<InputCandidate> = {}): InputCandidate => ({
  series_instance_uid: `1.2.3.${number}`,
  fits: true,
  refusal: null,
  out_of_scope: null,
  ...part,
})
const noFit = (number: number): InputCandidate => candidate(number, { fits: false, refusal: { code: 'description', message: 'Its description fits none of *flair*.' } })
const input = (part: Partial<InputProposal> = {}): InputProposal => ({ role: '', label: '', proposed: '1.2.3.1', why: 'most_images', candidates: [candidate(1), candidate(2)], ...part })

async function open(inputs: InputProposal[], more: Parameters<typeof fakeServer>[0] = {}) {
  const server = fakeServer({
    'GET /api/models': { body: { results: [{ id: 'model-1', name: 'Brain', version: '1.0', state: 'active', versions: [] }] } },
    [INPUTS]: { body: { version: '1.0', inputs } },
    'POST /api/jobs': { status: 202, body: aJob() },
    ...more,
  })
  const study = aStudy({ series: ['t1', 't2', 'flair'].map((description, index) => aSeries(index + 1, { modality: 'MR', description, instance_count: 20, frame_count: 20 })) })
  const onClose = vi.fn()
  renderScreen(<AnalyseDialog entry={aCaseDetail()} studies={[study]} onClose={onClose} />)
  await userEvent.click(await screen.findByRole('combobox', { name: 'Model' }))
  await userEvent.click(await screen.findByRole('option', { name: 'Brain 1.0' }))
  return { server, onClose }
}
const start = () => screen.getByRole('button', { name: 'Start the analysis' })
const sent = async (server: { requests: Request[] }) => {
  const request = await waitFor(() => {
    const found = server.requests.find((one) => one.method === 'POST')
    expect(found).toBeDefined()
    return found as Request
  })
  return (await request.json()) as Record<string, unknown>
}
const pick = async (name: string, option: RegExp) => {
  await userEvent.click(screen.getByRole('combobox', { name }))
  const found = (await screen.findAllByRole('option', { name: option })).find((one) => one.offsetParent !== undefined)
  await userEvent.click(found as HTMLElement)
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('proposes a series, says why, and asks for it', async () => {
  const { server, onClose } = await open([input()])
  expect(await screen.findByRole('combobox', { name: 'Series' })).toHaveValue('1 · MR · t1 (20)')
  expect(screen.getByText('Proposed: of 2 that fit, the one with most images.')).toBeVisible()
  expect(await accessibilityFaults(document.body)).toEqual([])
  await userEvent.click(start())
  expect(await sent(server)).toEqual({ case: 'case-1', model: 'model-1', series_instance_uid: '1.2.3.1', is_urgent: false })
  await waitFor(() => expect(onClose).toHaveBeenCalled())
})

it('takes another that fits, and says what was proposed', async () => {
  const { server } = await open([input()])
  await screen.findByRole('combobox', { name: 'Series' })
  await pick('Series', /t2/)
  expect(screen.getByText('Your choice. Proposed was: 1 · MR · t1 (20).')).toBeVisible()
  await userEvent.click(start())
  expect(await sent(server)).toMatchObject({ series_instance_uid: '1.2.3.2' })
})

it('names every role of a model that reads several series, and waits for the open one', async () => {
  const { server } = await open([
    input({ role: 't1', label: 'T1', proposed: null, why: 'several_fit', candidates: [candidate(1), candidate(2), noFit(3)] }),
    input({ role: 'flair', label: 'FLAIR', proposed: '1.2.3.3', why: 'only_fit', candidates: [candidate(3), noFit(1), noFit(2)] }),
  ])
  expect(await screen.findByText('2 series fit. Which is meant is yours to say.')).toBeVisible()
  expect(start()).toBeDisabled()
  await pick('T1', /1 · MR · t1/)
  await userEvent.click(start())
  expect(await sent(server)).toMatchObject({ series_instance_uid: '1.2.3.1', inputs: { t1: '1.2.3.1', flair: '1.2.3.3' } })
})

it('offers no series that does not fit, and says its reason', async () => {
  await open([input({ role: 'flair', label: 'FLAIR', proposed: '1.2.3.3', why: 'only_fit', candidates: [candidate(3), noFit(1)] })])
  await userEvent.click(await screen.findByRole('combobox', { name: 'FLAIR' }))
  const option = await screen.findByRole('option', { name: /t1.*fits none of/ })
  await userEvent.click(option)
  expect(screen.getByRole('combobox', { name: 'FLAIR' })).toHaveValue('3 · MR · flair (20)')
})

it('says of each series why a role has none', async () => {
  await open([input({ role: 'flair', label: 'FLAIR', proposed: null, why: 'none_fits', candidates: [noFit(1), noFit(2)] })])
  expect(await screen.findByRole('list', { name: 'Why no series fits' })).toHaveTextContent('1 · MR · t1 (20): Its description fits none of *flair*.')
  expect(start()).toBeDisabled()
})

it('does not take one series for two inputs', async () => {
  await open([
    input({ role: 'a', label: 'First', proposed: '1.2.3.1', why: 'only_fit' }),
    input({ role: 'b', label: 'Second', proposed: '1.2.3.1', why: 'only_fit' }),
  ])
  expect(await screen.findAllByText(/same series is chosen for another input/)).toHaveLength(2)
  expect(start()).toBeDisabled()
})

it('warns where the headers put a series out of scope, and leaves the run to the person', async () => {
  await open([input({ why: 'only_fit', candidates: [candidate(1, { out_of_scope: { code: 'not_pet', message: 'The series is no PET.' } })] })])
  expect(await screen.findByText(/outside the model's scope: The series is no PET\./)).toBeVisible()
  expect(start()).toBeEnabled()
})

it('says what is wrong where the proposal cannot be had', async () => {
  await open([], { [INPUTS]: { status: 409, body: { code: 'model_not_active', title: 'Conflict', detail: 'This model has no version in use.' } } })
  expect(await screen.findByRole('alert')).toHaveTextContent('This model has no version in use.')
  expect(start()).toBeDisabled()
})
