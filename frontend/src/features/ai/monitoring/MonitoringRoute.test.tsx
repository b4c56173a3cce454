import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Route, Routes } from 'react-router-dom'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { ModelAlert, MonitoringDrift, MonitoringReport } from '@/api/types'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import MonitoringRoute from './MonitoringRoute'
import { aFigure, anAlert, aReport } from './testing'

const drift: MonitoringDrift = {
  version: aReport().version,
  reference: 'first_runs',
  words: '',
  reference_runs: 200,
  recent_runs: 80,
  recent: { name: '2026-W44 to 2026-W47', starts_on: '2026-10-26', ends_on: '2026-11-22', is_complete: true },
  warn_from: 0.1,
  act_from: 0.25,
  features: [
    { name: 'score', unit: '1', state: 'act', reference_n: 210, n: 80, psi: 0.61, psi_by_chance: 0.29, ks: 0.4, ks_p: 0.00001 },
    { name: 'sex', unit: '', state: 'too_few', reference_n: null, n: null, psi: null, psi_by_chance: null, ks: null, ks_p: null },
  ],
}
const figures = [
  aFigure({ name: 'runs', kind: 'amount', n: 40, value: 40 }),
  aFigure({ name: 'runs', kind: 'amount', period: 1, is_hidden: true }),
  aFigure({ n: 40, count: 10, value: 0.25, low: 0.14, high: 0.4 }),
  aFigure({ period: 1, is_hidden: true }),
]
const reasons: MonitoringReport['reasons'] = [{ period: 0, group: '', of: 'dismissed', code: 'duplicate', count: 3 }]

function open({ report = aReport({ figures, reasons }), alerts = [], roles = ['ai_admin'], path = '/models/model-1/monitoring', status = 200 }: { report?: MonitoringReport; alerts?: ModelAlert[]; roles?: string[]; path?: string; status?: number } = {}) {
  const server = fakeServer({
    'GET /api/me': { body: { id: 'u', display_name: 'Yuki Mori', discipline: 'administration', system_roles: roles } },
    'GET /api/models/model-1/monitoring': status === 200 ? { body: report } : { status, body: { code: 'unavailable', title: 'Unavailable', status } },
    'GET /api/models/model-1/drift': { body: drift },
    'GET /api/models/alerts': { body: { next: null, previous: null, results: alerts } },
    'POST /api/models/alerts/alert-1/acknowledge': { body: anAlert({ acknowledged_at: '2026-11-25T10:00:00Z', words: 'Seen' }) },
  })
  const ui = (
    <Routes>
      <Route path="/models/:modelId/monitoring" element={<MonitoringRoute />} />
    </Routes>
  )
  return { server, ...renderScreen(ui, { path }) }
}

function figureOf(part: Element): HTMLElement {
  const figure = part.closest('figure')
  if (!figure) throw new Error('not within a figure')
  return figure
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('draws intervals, says which week is hidden, and has every chart as a table', async () => {
  const { container } = open()
  const chart = await screen.findByRole('img', { name: /Runs with findings/ })
  expect(chart.querySelectorAll('line[class*=interval]')).toHaveLength(1)
  expect(chart.querySelector('[data-hidden="2026-W47"]')).toHaveTextContent('2026-W47: fewer than 10')
  const figure = figureOf(chart)
  await userEvent.click(within(figure).getByText('Runs with findings as a table'))
  const rows = within(figure).getAllByRole('row', { hidden: true })
  expect(rows[1]).toHaveTextContent('2026-W4625 % (14 % to 40 %; 10 of 40)')
  expect(rows[2]).toHaveTextContent('2026-W47fewer than 10')
  expect(await accessibilityFaults(container)).toEqual([])
})

it('says of what there is nothing, and gives reasons in words', async () => {
  open()
  const dice = await screen.findByRole('heading', { name: /overlap/ })
  expect(figureOf(dice)).toHaveTextContent('Nothing to count in this time.')
  expect(screen.getByRole('row', { name: /Dismissed Duplicate 3/ })).toBeInTheDocument()
})

it('marks demonstration data, and only that', async () => {
  open({ report: aReport({ figures, synthetic_runs: 312 }) })
  expect(await screen.findByRole('note')).toHaveTextContent('Demo data: 312 of these runs')
})

it('asks by subgroup, and takes the file of the same question', async () => {
  const { server } = open({ path: '/models/model-1/monitoring?by=sex&weeks=26' })
  const file = await screen.findByRole('link', { name: 'Download CSV' })
  expect(file).toHaveAttribute('href', '/api/models/model-1/monitoring/csv?weeks=26&by=sex')
  expect(server.requests.some(({ url }) => url.endsWith('/monitoring?weeks=26&by=sex'))).toBe(true)
})

it('shows drift beside what chance would reach, and of too few nothing', async () => {
  open()
  const row = (await screen.findByText('Score of findings')).closest('tr')
  expect(row).toHaveTextContent('Score of findingsAct0.610.29D 0.40, p < 0.001210 / 80')
  expect(screen.getByText('Sex', { selector: 'th' }).closest('tr')).toHaveTextContent('SexToo few––––')
  expect(screen.getByText(/first 200 runs; there is no local validation/)).toBeInTheDocument()
})

it('answers an alert with words only, and says that nothing changes by it', async () => {
  const { server } = open({ alerts: [anAlert()] })
  const alerts = await screen.findByRole('list', { name: 'Alerts of this model' })
  expect(alerts).toHaveTextContent('20 % (13 % to 29 %; 20 of 100)')
  expect(alerts).toHaveTextContent('Nothing happens by itself')
  await userEvent.click(within(alerts).getByRole('button', { name: /Answer/ }))
  const dialog = await screen.findByRole('dialog')
  expect(dialog).toHaveTextContent('It does not change the state of the model')
  expect(within(dialog).getByRole('button', { name: 'Answer' })).toBeDisabled()
  await userEvent.type(within(dialog).getByRole('textbox'), 'Seen')
  await userEvent.click(within(dialog).getByRole('button', { name: 'Answer' }))
  const sent = server.requests.find(({ method }) => method === 'POST')
  expect(await sent?.json()).toEqual({ words: 'Seen' })
})

it('lets clinicians read alerts and answer none', async () => {
  open({ alerts: [anAlert()], roles: [] })
  await screen.findByRole('list', { name: 'Alerts of this model' })
  await screen.findByRole('img', { name: /Runs with findings/ })
  expect(screen.queryByRole('button', { name: /Answer/ })).toBeNull()
})

it('says why there is nothing: no runs, or a failure that can be tried again', async () => {
  open({ report: aReport() })
  expect(await screen.findByText('No runs in these weeks')).toBeInTheDocument()
})

it('shows a failure with its way on', async () => {
  open({ status: 503 })
  expect(await screen.findByRole('button', { name: 'Retry' })).toBeInTheDocument()
})
