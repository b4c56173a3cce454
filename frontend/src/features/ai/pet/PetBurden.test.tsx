import { screen, within } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'

import type { PetBurden } from '@/api/petBurden'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aFinding } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { CasePetBurden } from './PetBurden'

const PATH = '/api/cases/case-1/pet-burden'
const uptake = aFinding({ measurements: [{ quantity: 'metabolic_tumour_volume', value: 10, unit: 'mL' }] })
const aLesion = (part: Partial<PetBurden['lesions'][number]> = {}): PetBurden['lesions'][number] => ({
  finding: 'finding-1',
  number: 1,
  label: 'Uptake above threshold 1',
  is_amended: false,
  mtv_ml: 10,
  tlg_g: 50,
  suv_max: 9.1,
  suv_mean: 5,
  suv_peak: 7.5,
  measurable_at_baseline: null,
  ...part,
})
const aRun = (part: Partial<PetBurden> = {}): PetBurden => ({
  job: 'job-1',
  model: { name: 'PET uptake by threshold', version: '1.1.0' },
  superseded_by: null,
  study_instance_uid: '1.2.3',
  series_instance_uid: '1.2.3.4',
  series_description: 'PET AC',
  study_date: '2026-03-12',
  threshold: 'SUVbw >= 4 g/mL',
  liver: null,
  accepted: 1,
  waiting: 0,
  dismissed: 0,
  mtv_ml: 10,
  tlg_g: 50,
  no_sum_because: null,
  lesions: [aLesion()],
  ...part,
})

const open = (...results: PetBurden[]) => {
  fakeServer({ [`GET ${PATH}`]: { body: { results } } })
  return renderScreen(<CasePetBurden caseId="case-1" findings={[uptake]} />)
}
const valueOf = (name: string) => screen.getByText(name).nextElementSibling

afterEach(() => vi.unstubAllGlobals())

it('is not there where nothing has a metabolic volume', () => {
  renderScreen(<CasePetBurden caseId="case-1" findings={[aFinding()]} />)
  expect(screen.queryByText('PET: whole-body burden')).toBeNull()
})

it('shows sums with their threshold and every lesion with its values', async () => {
  const { container } = open(aRun())
  expect(await screen.findByText(/SUVbw >= 4 g\/mL/)).toBeVisible()
  expect(valueOf('Total MTV')).toHaveTextContent(/^10\D.*mL$/)
  expect(valueOf('Accepted lesions')).toHaveTextContent('1')
  const row = screen.getByRole('row', { name: /Uptake above threshold 1/ })
  expect(within(row).getByText(/^7\.5/)).toBeVisible()
  expect(screen.queryByText('Measurable (PERCIST)')).toBeNull()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('never shows a sum of what nobody accepted, and says how many wait', async () => {
  const because = { code: 'nothing_accepted', message: 'Nothing is accepted yet, so there is nothing to sum up.' }
  open(aRun({ accepted: 0, waiting: 20, dismissed: 1, mtv_ml: null, tlg_g: null, no_sum_because: because, lesions: [] }))
  expect(await screen.findByText('Nothing is accepted yet.')).toBeVisible()
  expect(screen.getAllByText('No sum')).toHaveLength(2)
  expect(screen.getByText('20 regions are not reviewed and in no sum.')).toBeVisible()
  expect(screen.getByText('1 region was dismissed.')).toBeVisible()
  expect(screen.queryByRole('table')).toBeNull()
})

it('a burden of zero is a zero, not a missing sum', async () => {
  open(aRun({ accepted: 0, dismissed: 2, mtv_ml: 0, tlg_g: 0, lesions: [] }))
  await screen.findByText(/SUVbw/)
  expect(valueOf('Total MTV')).toHaveTextContent(/^0/)
})

it('says what is measurable where the liver is known, and what is not known', async () => {
  const liver = { point_lps: [1, 2, 3], sphere_diameter_mm: 30, voxels: 221, suv_mean: 2, suv_sd: 0.2, threshold_suv: 3.4, rule: '' }
  open(aRun({ liver, lesions: [aLesion({ measurable_at_baseline: true }), aLesion({ finding: 'b', label: 'Second', suv_peak: null })] }))
  expect(await screen.findByText(/^Liver: SUVmean 2/)).toBeVisible()
  expect(within(screen.getByRole('row', { name: /Uptake/ })).getByText('Yes')).toBeVisible()
  expect(within(screen.getByRole('row', { name: /Second/ })).getAllByText('Not known')).toHaveLength(2)
})

it('keeps two runs apart', async () => {
  open(aRun(), aRun({ job: 'job-2', threshold: 'SUVbw >= 41 %', mtv_ml: 12 }))
  expect(await screen.findAllByText('Total MTV')).toHaveLength(2)
})

it('says what is wrong where the sums cannot be had', async () => {
  fakeServer({ [`GET ${PATH}`]: { status: 503, body: { code: 'unavailable', title: 'Away' } } })
  renderScreen(<CasePetBurden caseId="case-1" findings={[uptake]} />)
  expect(await screen.findByRole('button', { name: 'Retry' })).toBeVisible()
})
