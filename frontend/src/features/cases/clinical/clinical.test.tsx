import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { ClinicalContent, ClinicalEntry, TimelineLine } from '@/api/clinical'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aCaseDetail } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { EditCaseDialog } from '../EditCaseDialog'

import { ClinicalSection } from './ClinicalSection'
import { codeOf, FIELDS, KINDS, missingOf, startOf, toSend } from './fields'
import { formatPartial, isPartial } from './partial'
import { TimelineSection } from './TimelineSection'

const head = {
  version: 1,
  status: 'current',
  on: '2026-08-20',
  source: 'clinician',
  source_detail: '',
  note: '',
  supersedes: null,
  recorded_by: { id: 'demir', display_name: 'Dr Demir', discipline: 'medical_oncology' },
  recorded_at: '2026-08-20T10:00:00Z',
  error_reason: '',
  withdrawn_at: null,
  is_withheld: false,
}
const anEntry = (part: Record<string, unknown>) => ({ ...head, ...part }) as unknown as ClinicalEntry
const stage = anEntry({
  id: 'stage-1', entry: 'staging', scheme: 'tnm', edition: 'uicc_8', prefix: 'c', t: 'T2a', n: 'N1', m: 'M0',
  group: 'IIB', group_source: 'typed', group_table: '', group_table_sha256: '', is_draft: true,
})
const ecog = anEntry({ id: 'ecog-1', entry: 'performance', scale: 'ecog', value: 1 })
const wish = anEntry({ id: 'wish-1', entry: 'preference', text: 'To be at the wedding in May.' })
const variant = anEntry({
  id: 'bio-1', entry: 'biomarker', kind: 'variant', gene: 'EGFR', partner_gene: '', is_known_gene: true, hgvs_c: '', hgvs_p: 'p.Leu858Arg',
  vaf_percent: 23.5, analyte: '', result: 'detected', value: null, unit: '', specimen: 'primary', specimen_detail: '', method: '',
})
const failed = anEntry({ ...(variant as object), id: 'bio-2', kind: 'tmb', gene: '', hgvs_p: '', vaf_percent: null, result: 'failed' })

const nothing = Object.fromEntries(KINDS.map((kind) => [kind, []]))
const content = (part: Record<string, unknown> = {}) =>
  ({ is_withheld: false, truncated: [], ...nothing, ...part }) as unknown as ClinicalContent
const known = content({ stagings: [stage], performance: [ecog], preferences: [wish], biomarkers: [variant, failed] })

function open(body: ClinicalContent, answers: Parameters<typeof fakeServer>[0] = {}, can: ('record_clinical' | 'edit')[] = ['record_clinical']) {
  const server = fakeServer({ 'GET /api/cases/case-1/clinical': { body }, ...answers })
  return { server, ...renderScreen(<ClinicalSection entry={aCaseDetail({ can })} />) }
}

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('shows the facts at a glance, what matters to the patient first, and says what is a draft', async () => {
  const { container } = open(known)
  expect((await screen.findAllByText('To be at the wedding in May.'))[0]).toBeVisible()
  expect(screen.getAllByText(/cT2a cN1 cM0, stage IIB/)[0]).toBeVisible()
  expect(screen.getAllByText('draft')[0]).toBeVisible()
  const chips = screen.getByRole('list', { name: 'Allergies and biomarkers' })
  expect(within(chips).getByText('EGFR p.Leu858Arg')).toBeVisible()
  expect(within(chips).getByText('TMB the test failed')).toBeVisible()
  expect(screen.getByText('Biomarkers', { selector: 'summary' }).closest('details')).not.toHaveAttribute('open')
  expect(await accessibilityFaults(container)).toEqual([])
})

it('offers nothing to whoever may only read', async () => {
  open(known, {}, [])
  await screen.findAllByText('To be at the wedding in May.')
  expect(screen.queryByRole('button', { name: 'Record entry' })).toBeNull()
  expect(screen.queryByRole('button', { name: /^Revise/ })).toBeNull()
})

it('records a diagnosis by keyboard, with the code looked up', async () => {
  const user = userEvent.setup()
  const found = { system: 'icd-10', code: 'C34.11', display: 'Malignant neoplasm of upper lobe, right bronchus or lung', matched: '', source: 'ICD-10-CM' }
  const { server } = open(content(), {
    'GET /api/terminology': { body: { results: [found], extent: '' } },
    'POST /api/cases/case-1/clinical/diagnoses': { status: 201, body: {} },
  })
  await user.click(await screen.findByRole('button', { name: 'Record entry' }))
  await user.click(await screen.findByRole('menuitem', { name: 'Diagnosis' }))
  const code = await screen.findByRole('combobox', { name: /^ICD-10/ })
  await user.type(code, 'c34')
  await screen.findByRole('option', { name: /C34\.11/ })
  await user.keyboard('{ArrowDown}{Enter}')
  await user.click(screen.getByRole('combobox', { name: /^Certainty/ }))
  await user.keyboard('{ArrowDown}{Enter}')
  await user.click(screen.getByRole('button', { name: 'Record' }))
  await waitFor(() => expect(server.requests.some(({ method }) => method === 'POST')).toBe(true))
  const sent = (await server.requests.find(({ method }) => method === 'POST')?.json()) as Record<string, unknown>
  expect(sent).toMatchObject({ icd10_code: 'C34.11', certainty: 'confirmed', on: null, source: 'clinician' })
})

it('revises against the version that was seen and says when somebody was first', async () => {
  const user = userEvent.setup()
  const { server } = open(content({ performance: [ecog] }), {
    'PATCH /api/cases/case-1/clinical/performance/ecog-1': {
      status: 409,
      body: { code: 'stale_version', title: 'x', detail: 'It was changed meanwhile.', status: 409, errors: {} },
    },
  })
  await user.click(await screen.findByText('Performance status', { selector: 'summary' }))
  await user.click(screen.getByRole('button', { name: 'Revise ECOG 1' }))
  const value = await screen.findByRole('textbox', { name: /^Value/ })
  await user.clear(value)
  await user.type(value, '2')
  await user.click(screen.getByRole('button', { name: 'Record the revision' }))
  expect(await screen.findByText('Somebody changed this in the meantime')).toBeVisible()
  expect(server.requests.at(-1)?.headers.get('If-Match')).toBe('"1"')
})

it('marks an entry as entered in error only with a reason', async () => {
  const user = userEvent.setup()
  const { server } = open(content({ performance: [ecog] }), {
    'POST /api/cases/case-1/clinical/performance/ecog-1/withdraw': { body: {} },
  })
  await user.click(await screen.findByText('Performance status', { selector: 'summary' }))
  await user.click(screen.getByRole('button', { name: 'Entered in error: ECOG 1' }))
  await user.type(await screen.findByRole('textbox', { name: /Why was this wrong/ }), 'Another patient.')
  await user.click(screen.getByRole('button', { name: 'Mark as entered in error' }))
  await waitFor(() => expect(server.requests.some(({ method }) => method === 'POST')).toBe(true))
  expect(await server.requests.find(({ method }) => method === 'POST')?.json()).toEqual({ reason: 'Another patient.' })
})

it('tells a guest that words are withheld instead of showing nothing', async () => {
  open(content({ is_withheld: true, preferences: [anEntry({ ...(wish as object), text: '', is_withheld: true, recorded_by: null })] }), {}, [])
  expect((await screen.findAllByText('withheld'))[0]).toBeVisible()
  expect(screen.getByText(/Free text, names and unknown codes are withheld/)).toBeVisible()
})

it('has a form for every kind, and sends nothing that is not shown', () => {
  expect(KINDS).toHaveLength(9)
  const said = { ...startOf('biomarkers'), kind: 'variant', gene: 'ERBB2 (HER2)', hgvs_p: 'p.L755S', result: 'detected' }
  expect(toSend('biomarkers', said)).toMatchObject({ gene: 'ERBB2', hgvs_p: 'p.L755S', analyte: '', value: null, unit: '' })
  expect(toSend('biomarkers', { ...said, kind: 'msi' })).toMatchObject({ gene: '', hgvs_p: '', vaf_percent: null })
  expect(toSend('stagings', { ...startOf('stagings'), t: 'T2', table: 'table-1', group: 'IIB' })).not.toHaveProperty('group')
  expect(toSend('comorbidities', startOf('comorbidities'))).toMatchObject({ conditions: null })
  expect(missingOf('performance', startOf('performance'))).toBe('scale')
  expect(missingOf('stagings', { ...startOf('stagings'), edition: 'uicc_8' })).toBe('prefix')
  expect(missingOf('stagings', { ...startOf('stagings'), scheme: 'bclc' })).toBeNull()
  expect(codeOf(' C34.1 Malignant neoplasm')).toBe('C34.1')
  for (const kind of KINDS) expect(new Set(FIELDS[kind].map(({ name }) => name)).size).toBe(FIELDS[kind].length)
})

it('writes a date as exact as it is known', () => {
  expect(formatPartial('2026')).toBe('2026')
  expect(formatPartial('2026-03')).toMatch(/^Mar 2026$/)
  expect(formatPartial('2026-03-14')).toMatch(/14.*Mar|Mar.*14/)
  expect(formatPartial(null)).toBe('')
  expect(['', '2026', '2026-03', '2026-03-14'].every(isPartial)).toBe(true)
  expect(['14.3.2026', '26', '2026-3'].some(isPartial)).toBe(false)
})

it('draws one timeline and unfolds what is older', async () => {
  const user = userEvent.setup()
  const line = (number: number): TimelineLine => ({
    at: number === 0 ? '2026-09-03T14:00:00+00:00' : `20${String(26 - number).padStart(2, '0')}`,
    precision: number === 0 ? 'instant' : 'year',
    kind: number === 0 ? 'meeting' : 'treatment',
    id: String(number),
    title: number === 0 ? 'Thoracic board' : `Treatment ${number}`,
    detail: '',
    source: number === 0 ? 'board' : 'referral_letter',
    tags: [],
    link: number === 0 ? 'meeting-1' : null,
  })
  fakeServer({ 'GET /api/cases/case-1/timeline': { body: { results: Array.from({ length: 14 }, (_, index) => line(index)), withheld: [], truncated: false } } })
  const { container } = renderScreen(<TimelineSection caseId="case-1" />)
  expect(await screen.findByRole('link', { name: 'Thoracic board' })).toHaveAttribute('href', '/meetings/meeting-1')
  expect(screen.queryByText('Treatment 13')).toBeNull()
  await user.click(screen.getByRole('button', { name: 'Show 2 more' }))
  expect(screen.getByText('Treatment 13')).toBeVisible()
  expect(screen.getAllByText(/Referral letter/)).toHaveLength(13)
  expect(await accessibilityFaults(container)).toEqual([])
})

it('does not let the case be typed over what its entries say', async () => {
  fakeServer({ 'GET /api/cases/case-1/clinical': { body: content({ stagings: [stage] }) } })
  renderScreen(<EditCaseDialog entry={aCaseDetail({ stage: 'cT2a', can: ['edit'] })} onClose={() => undefined} />)
  await waitFor(() => expect(screen.getByRole('textbox', { name: 'Stage' })).toBeDisabled())
  expect(screen.getByRole('textbox', { name: 'Diagnosis' })).toBeEnabled()
  expect(screen.getByText(/Said by an entry/)).toBeVisible()
})
