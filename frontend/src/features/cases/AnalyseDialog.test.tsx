import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { ModelEntry, Study } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aCaseDetail, aJob, aStudy } from '@/app/testing/examples'
import { aVersion } from '@/app/testing/models'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { AnalyseDialog } from './AnalyseDialog'

const SEQUENCES = { '1.1': 't1 post', '1.2': 't2 tse', '1.3': 't2 tse fs' }
const series = Object.entries(SEQUENCES).map(([series_instance_uid, description]) => ({
  series_instance_uid,
  description,
  modality: 'MR',
  kind: 'image',
  instance_count: 10,
  frame_count: 10,
})) as unknown as Study['series']
const model = { id: 'model-1', name: 'Brain tumour', version: '0.5.0', state: 'active', kind: 'bundle', versions: [aVersion()], scope: {} } as unknown as ModelEntry
const AMBIGUOUS = {
  code: 'inputs_ambiguous',
  title: 'The inputs are unclear',
  detail: 'Several series may be T2; name one.',
  details: { role: 't2', label: 'T2', series: ['1.2', '1.3'] },
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

function open(answer: (body: Record<string, unknown>) => { status: number; body: unknown }) {
  const bodies: Record<string, unknown>[] = []
  fakeServer({
    'GET /api/models': { body: { next: null, previous: null, results: [model] } },
    'GET /api/jobs': { body: { next: null, previous: null, results: [] } },
    'POST /api/jobs': async (request) => {
      const body = (await request.json()) as Record<string, unknown>
      bodies.push(body)
      return answer(body)
    },
  })
  const onClose = vi.fn()
  renderScreen(<AnalyseDialog entry={aCaseDetail()} studies={[aStudy({ series })]} onClose={onClose} />)
  return { bodies, onClose, person: userEvent.setup() }
}

async function choose(person: ReturnType<typeof userEvent.setup>, field: RegExp, option: RegExp) {
  await person.click(await screen.findByRole('combobox', { name: field }))
  await person.click(await screen.findByRole('option', { name: option }))
}

it('asks which series is meant where several fit, and sends what was chosen', async () => {
  const { bodies, onClose, person } = open((body) => (body.inputs ? { status: 201, body: aJob() } : { status: 409, body: AMBIGUOUS }))
  await choose(person, /^Model/, /Brain tumour/)
  await choose(person, /^Series/, /t1 post/)
  const start = screen.getByRole('button', { name: 'Start the analysis' })
  await person.click(start)
  const which = await screen.findByRole('combobox', { name: /Which series is T2/ })
  expect(which).toHaveValue('') // nothing is guessed
  expect(start).toBeDisabled()
  expect(screen.queryByRole('alert')).toBeNull()
  expect(await accessibilityFaults(document.body)).toEqual([])
  await person.click(which)
  expect(screen.getAllByRole('option', { hidden: false }).map((one) => one.textContent)).toEqual(['MR · t2 tse (10)', 'MR · t2 tse fs (10)'])
  await person.click(screen.getByRole('option', { name: /t2 tse fs/ }))
  await person.click(start)
  await vi.waitFor(() => expect(onClose).toHaveBeenCalled())
  expect(bodies.map((one) => one.inputs)).toEqual([undefined, { t2: '1.3' }])
})

it('tells any other refusal as it is', async () => {
  const { onClose, person } = open(() => ({ status: 409, body: { ...AMBIGUOUS, code: 'inputs_missing', title: 'No series of the study is T2.' } }))
  await choose(person, /^Model/, /Brain tumour/)
  await choose(person, /^Series/, /t1 post/)
  await person.click(screen.getByRole('button', { name: 'Start the analysis' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('No series of the study is T2.')
  expect(screen.queryByRole('combobox', { name: /Which series/ })).toBeNull()
  expect(onClose).not.toHaveBeenCalled()
})
