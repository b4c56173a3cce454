import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Route, Routes } from 'react-router-dom'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { Estimate, Spread, ValidationMetrics, ValidationRun, ValidationRunDetail } from '@/api/validation'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import ValidationRoute from './ValidationRoute'
import ValidationRunRoute from './ValidationRunRoute'

const NOTHING: Estimate = { value: null, lower: null, upper: null, n: 0 }
const estimate = (value: number, lower: number, upper: number, n: number): Estimate => ({ value, lower, upper, n })
const spread = (median: number): Spread => ({ median, lower_quartile: median - 0.1, upper_quartile: median + 0.1, mean: estimate(median, median - 0.05, median + 0.05, 12) })

const METRICS: ValidationMetrics = {
  version: 1,
  smallest_group_shown: 10,
  studies: {
    total: 15,
    evaluated: 12,
    out_of_scope: 2,
    failed: 1,
    refused: 0,
    left_out: [
      { state: 'out_of_scope', code: 'modality', reason: 'This analysis reads PET only.', studies: 2, reference_lesions: 3, lesions_unknown_in: 0 },
      { state: 'failed', code: 'time_limit', reason: 'The model ran too long.', studies: 1, reference_lesions: 0, lesions_unknown_in: 1 },
    ],
  },
  overlap: [
    {
      target: '*',
      labels: ['GTV'],
      studies: 12,
      both: 11,
      both_empty: 0,
      only_reference: 1,
      only_model: 0,
      dice: spread(0.8),
      dice_missed_as_zero: estimate(0.733, 0.6, 0.8, 12),
      hd95_mm: spread(4.2),
      mean_surface_mm: spread(1.2),
      volume_error_ml: spread(0.4),
      volume_error_relative: spread(0.2),
      dice_histogram: [0, 0, 0, 0, 0, 0, 0, 3, 8, 0],
    },
  ],
  detection: {
    scans: 12,
    lesions: 14,
    found: 12,
    sensitivity: estimate(12 / 14, 0.6, 0.96, 14),
    sensitivity_by_case: estimate(12 / 14, 0.65, 1, 12),
    false_positives: 6,
    false_positives_per_scan: estimate(0.5, 0.2, 0.9, 12),
    most_false_positives: 3,
    duplicates: 1,
    scans_with_lesions: 11,
    scans_with_all_found: estimate(0.9, 0.6, 0.98, 11),
    scans_without_lesions: 1,
    scans_without_lesions_clean: estimate(1, 0.2, 1, 1),
    froc: {
      reason: '',
      points: [
        { threshold: 9, fp_per_scan: 0.25, sensitivity: 0.5 },
        { threshold: 4, fp_per_scan: 0.5, sensitivity: 0.857 },
      ],
      rates: [
        { rate: 0.125, beyond: false, ...estimate(0.25, 0.1, 0.4, 12) },
        { rate: 8, beyond: true, ...estimate(0.857, 0.7, 1, 12) },
      ],
      cpm: estimate(0.7, 0.5, 0.8, 12),
    },
  },
  calibration: { n: 0, ece: null, brier: null, bins: [] },
  subgroups: [
    { axis: 'sex', value: 'F', is_suppressed: false, studies: 12, lesions: 14, sensitivity: estimate(0.857, 0.6, 0.96, 14), false_positives_per_scan: estimate(0.5, 0.2, 0.9, 12), dice: spread(0.8) },
    { axis: 'site', value: '<b>North</b>', is_suppressed: true },
  ],
}

const aRun = (part: Partial<ValidationRun> = {}): ValidationRun => ({
  id: 'run-1',
  model: 'PET uptake',
  model_slug: 'pet-uptake',
  version: '1.0.0',
  version_id: 'version-1',
  folder: 'sarcoma',
  limit: null,
  started_by: 'Ada Admin',
  state: 'finished',
  progress: 1,
  stage: '',
  may_cancel: false,
  reason_code: '',
  reason_message: '',
  studies: { total: 15, evaluated: 12, out_of_scope: 2, failed: 1, refused: 0 },
  dataset_name: 'Sarcoma',
  created_at: '2026-11-29T10:00:00Z',
  started_at: '2026-11-29T10:00:01Z',
  finished_at: '2026-11-29T10:09:00Z',
  ...part,
})
const aReport = (part: Partial<ValidationRunDetail> = {}): ValidationRunDetail => ({
  ...aRun(),
  metrics: METRICS,
  is_recorded: false,
  parameters: { method: 'fixed' },
  thresholds: { matching: 'overlap' },
  software: { numpy: '2.3' },
  model_tree_sha256: 'ab'.repeat(32),
  dataset_sha256: 'cd'.repeat(32),
  report_sha256: 'ef'.repeat(32),
  ...part,
})
const FOLDERS = { configured: true, folders: [{ name: 'sarcoma', studies: 15 }] }
const MODELS = [{ id: 'model-1', slug: 'pet-uptake', name: 'PET uptake', kind: 'builtin', versions: [{ id: 'version-1', version: '1.0.0' }] }]

function serve({ roles = ['ai_admin'], runs = [] as ValidationRun[], folders = FOLDERS as object, report = aReport() } = {}) {
  return fakeServer({
    'GET /api/me': { body: { id: 'u', display_name: 'Ada Admin', discipline: 'administration', system_roles: roles } },
    'GET /api/models': { body: { results: MODELS } },
    'GET /api/validation/folders': { body: folders },
    'GET /api/validation/runs': { body: { next: null, previous: null, results: runs } },
    'GET /api/validation/runs/run-1': { body: report },
    'POST /api/validation/runs': { status: 202, body: aRun({ state: 'queued' }) },
    'POST /api/validation/runs/run-1/cancel': { body: aRun({ state: 'running' }) },
  })
}

const openReport = () =>
  renderScreen(
    <Routes>
      <Route path="/models/validation/:runId" element={<ValidationRunRoute />} />
    </Routes>,
    { path: '/models/validation/run-1' },
  )

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('starts a chosen version on a chosen folder, and only then', async () => {
  const { requests } = serve()
  const { container } = renderScreen(<ValidationRoute />)
  const start = await screen.findByRole('button', { name: 'Start' })
  expect(start).toBeDisabled()
  expect(await screen.findByText('No run yet')).toBeVisible()
  expect(await accessibilityFaults(container)).toEqual([])
  await userEvent.click(screen.getByRole('combobox', { name: /Model and version/ }))
  await userEvent.click(await screen.findByRole('option', { name: 'PET uptake 1.0.0' }))
  await userEvent.click(screen.getByRole('combobox', { name: /Folder/ }))
  await userEvent.click(await screen.findByRole('option', { name: 'sarcoma (15 studies)' }))
  await userEvent.type(screen.getByRole('textbox', { name: /Only the first studies/ }), '3')
  await userEvent.click(start)
  const sent = requests.find((request) => request.method === 'POST')
  expect(await sent?.json()).toEqual({ version: 'version-1', folder: 'sarcoma', limit: 3 })
})

it('says how far a run is, lets it be stopped, and starts no second one', async () => {
  const { requests } = serve({ runs: [aRun({ state: 'running', progress: 0.4, stage: 'patient-07', may_cancel: true, finished_at: null })] })
  renderScreen(<ValidationRoute />)
  const [row] = within(await screen.findByRole('list', { name: 'Runs' })).getAllByRole('listitem')
  expect(row).toHaveTextContent('Running')
  expect(row).toHaveTextContent('patient-07')
  expect(within(row as HTMLElement).getByRole('progressbar')).toHaveAttribute('aria-valuenow', '40')
  expect(row).toHaveTextContent('12 evaluated, 2 out of scope, 1 failed, 0 refused, of 15 studies')
  expect(await screen.findByText('A run is open. The next one can start when it has ended.')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Cancel the run of PET uptake 1.0.0 on sarcoma' }))
  expect(requests.some((request) => request.method === 'POST' && request.url.endsWith('/cancel'))).toBe(true)
})

it('says what is missing where no folder is set up', async () => {
  serve({ folders: { configured: false, folders: [] } })
  renderScreen(<ValidationRoute />)
  expect(await screen.findByText('No folder for validation is set up')).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Start' })).toBeNull()
})

it('asks nothing for people who are no AI administrators', async () => {
  const { requests } = serve({ roles: [] })
  renderScreen(<ValidationRoute />)
  expect(await screen.findByText('Local validation is for AI administration')).toBeVisible()
  expect(requests.map((request) => new URL(request.url).pathname)).toEqual(['/api/me'])
})

it('shows figures with their intervals, what was left out, and hides small groups', async () => {
  serve()
  const { container } = openReport()
  const lesions = await screen.findByRole('table', { name: 'Lesions' })
  expect(lesions).toHaveTextContent('Sensitivity (Wilson)12 of 140.857 (0.600 to 0.960)')
  expect(lesions).toHaveTextContent('False positives per scan6 in 12 scans0.50 (0.20 to 0.90)')
  const left = screen.getByRole('table', { name: 'Left out' })
  expect(left).toHaveTextContent('Out of scopeThis analysis reads PET only. (modality)23')
  expect(left).toHaveTextContent('FailedThe model ran too long. (time_limit)10, unknown in 1')
  const groups = screen.getByRole('table', { name: 'Subgroups' })
  expect(groups).toHaveTextContent('Site: <b>North</b>fewer than 10 studies: not shown–––')
  expect(screen.getByRole('img', { name: /FROC curve/ })).toBeVisible()
  expect(screen.getByRole('img', { name: 'Studies by Dice. 0.7 to 0.8: 3, 0.8 to 0.9: 8' })).toBeVisible()
  expect(screen.getByText('The model gives no probability.')).toBeVisible()
  expect(screen.getByText(/Research use. Not a medical device/)).toBeVisible()
  expect(screen.getByText('cd'.repeat(32))).toBeVisible()
  expect(screen.getByRole('link', { name: 'Report' })).toHaveAttribute('href', '/api/validation/runs/run-1/report.html')
  expect(await accessibilityFaults(container)).toEqual([])
})

it('draws a reliability diagram with its intervals where there are probabilities', async () => {
  const bins = [
    { from: 0.5, to: 0.6, n: 4, mean_probability: 0.55, observed: estimate(0.5, 0.15, 0.85, 4) },
    { from: 0.9, to: 1, n: 8, mean_probability: 0.95, observed: estimate(1, 0.68, 1, 8) },
  ]
  serve({ report: aReport({ metrics: { ...METRICS, calibration: { n: 12, ece: 0.05, brier: 0.08, bins } } }) })
  openReport()
  const chart = await screen.findByRole('img', { name: /Reliability/ })
  expect(chart.querySelectorAll('circle')).toHaveLength(2)
  expect(screen.getByText('12 results: ECE 0.050, Brier score 0.080. Only results that were reported.')).toBeVisible()
})

it('says why a run that failed has no figures', async () => {
  serve({ report: aReport({ state: 'failed', metrics: null, reason_code: 'worker_lost', reason_message: 'The worker stopped reporting.' }) })
  openReport()
  expect(await screen.findByText('The worker stopped reporting.')).toBeVisible()
  expect(screen.queryByRole('link', { name: 'Report' })).toBeNull()
})

it('shows no number where nothing is known', async () => {
  const detection = { ...METRICS.detection, lesions: 0, found: 0, sensitivity: NOTHING, froc: { reason: 'no_lesions', points: [], rates: [], cpm: NOTHING } }
  serve({ report: aReport({ metrics: { ...METRICS, detection } }) })
  openReport()
  expect(await screen.findByRole('table', { name: 'Lesions' })).toHaveTextContent('Sensitivity (Wilson)0 of 0–')
  expect(screen.getByText('No FROC curve: the references hold no lesion.')).toBeVisible()
})
