import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { drawnSegment, importedSegment, type Radiomics } from '@/api/radiomics'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { toCsv } from './csv'
import { chooseRows, rowsOf } from './families'
import { RadiomicsButton } from './RadiomicsButton'

const PATH = '/api/segmentations/seg-1/segments/2/radiomics'
const found = (part: Partial<Radiomics> = {}): Radiomics => ({
  segmentation: 'seg-1',
  revision: 4,
  segment: 2,
  analysis: { name: 'IBSI radiomics', version: '1.0' },
  settings: {
    intensity: 'discrete',
    intensity_unit: 'HU',
    discretisation: 'fixed_bin_number',
    bin_number: 32,
    bin_size: null,
    resegmentation_range: null,
    resampled_spacing_mm: null,
    interpolation: 'trilinear',
    mask_interpolation: 'trilinear',
    partial_volume_threshold: 0.5,
    volume_histogram_bin_size: 1,
  },
  processing: { spacing_mm: [2, 0.75, 0.75], voxels: 1234, voxels_counted: 1200, slices: 9, grey_levels: 32 },
  values: [
    { code: 'morph_volume', ibsi_id: 'RNU0', name: 'Volume (mesh)', aggregation_id: '', value: 1357.924680135, unit: 'mm3' },
    { code: 'cm_joint_max_3D_comb', ibsi_id: 'GYBY', name: 'Joint maximum', aggregation_id: 'IAZD', value: 0.0625, unit: '1' },
  ],
  refusals: [{ code: 'morph_pca_flatness', ibsi_id: 'N17B', name: 'Flatness', reason_code: 'single_slice', reason: 'A segment of one slice has no extent in depth.' }],
  ...part,
})
const FIRST = `GET ${PATH}?revision=4&bin_number=32`

function open(routes: Parameters<typeof fakeServer>[0], isEmpty = false) {
  const server = fakeServer(routes)
  return { server, ...renderScreen(<RadiomicsButton measured={drawnSegment('seg-1', 4, 2)} label="GTV" isEmpty={isEmpty} />) }
}
const press = () => userEvent.click(screen.getByRole('button', { name: 'Radiomics of GTV' }))

beforeEach(() => void (document.cookie = 'csrftoken=t'))
afterEach(() => vi.unstubAllGlobals())

it('measures nothing where nothing is painted', () => {
  open({}, true)
  expect(screen.getByRole('button', { name: 'Radiomics of GTV' })).toBeDisabled()
})

it('shows every feature with its identifier, and what the values depend on', async () => {
  open({ [FIRST]: { body: found() } })
  await press()
  const table = await screen.findByRole('table')
  expect(within(table).getByRole('row', { name: /Volume \(mesh\)/ })).toHaveTextContent('RNU0–1357.92mm³')
  expect(within(table).getByRole('row', { name: /Joint maximum/ })).toHaveTextContent('GYBY3D, merged0.0625')
  expect(within(table).getByRole('row', { name: /Flatness/ })).toHaveTextContent('No value. A segment of one slice has no extent in depth.')
  const used = document.querySelector('dl') as HTMLElement
  expect(used).toHaveTextContent('Whole numbers in HU')
  expect(used).toHaveTextContent('32 bins from the lowest to the highest; 32 levels')
  expect(used).toHaveTextContent('1234 voxels, 1200 counted, 9 slices; revision 4')
  expect(await accessibilityFaults(document.body)).toEqual([])
})

it('measures again with other settings, asking exactly for them', async () => {
  const { server } = open({
    [FIRST]: { body: found() },
    [`GET ${PATH}?revision=4&bin_size=25&range_low=-1000&spacing_mm=1`]: { body: found({ values: [] }) },
  })
  await press()
  await screen.findByRole('table')
  await userEvent.click(screen.getByRole('combobox', { name: 'Grey levels' }))
  await userEvent.click(await screen.findByRole('option', { name: 'Width of bins' }))
  expect(screen.getByRole('button', { name: 'Measure' })).toBeDisabled()
  await userEvent.type(screen.getByRole('textbox', { name: 'Bin width' }), '25')
  await userEvent.type(screen.getByRole('textbox', { name: 'Lowest counted' }), '-1000')
  await userEvent.type(screen.getByRole('textbox', { name: 'Cubic voxels (mm)' }), '1')
  await userEvent.click(screen.getByRole('button', { name: 'Measure' }))
  expect(await screen.findByText(/0 values/)).toBeInTheDocument()
  expect(server.requests).toHaveLength(2)
})

it('says in plain words why a segment is not measured, and what would help', async () => {
  open({ [FIRST]: { status: 409, body: { code: 'segment_too_large', title: 'Conflict', detail: 'The segment has 400000 voxels, more than 300000.' } } })
  await press()
  expect(await screen.findByRole('alert')).toHaveTextContent(/more than 300000\..*Choose larger cubic voxels/)
  expect(screen.queryByRole('table')).toBeNull()
  expect(screen.queryByRole('button', { name: 'Retry' })).toBeNull()
})

it('measures a segment of a SEG object where its mask lies, and says what nobody reviewed', async () => {
  const place = '/api/cases/case-1/segmentations/seg-9/segments/3/series/series-1'
  fakeServer({ [`GET ${place}/radiomics?bin_number=32`]: { body: found({ revision: 0 }) } })
  renderScreen(<RadiomicsButton measured={importedSegment(`${place}/mask`, 3)} label="GTV" isUnreviewed />)
  await press()
  await screen.findByRole('table')
  expect(screen.getByText(/nobody has reviewed it/)).toBeVisible()
  expect(document.querySelector('dl')).not.toHaveTextContent('revision')
})

it('finds a feature by name, code or identifier, within a kind', () => {
  const rows = rowsOf(found())
  const codes = (...asked: [Parameters<typeof chooseRows>[1], string]) => chooseRows(rows, ...asked).map((row) => row.feature.code)
  expect(codes('all', 'joint max')).toEqual(['cm_joint_max_3D_comb'])
  expect(codes('all', 'rnu0')).toEqual(['morph_volume'])
  expect(codes('morph', '')).toEqual(['morph_volume', 'morph_pca_flatness'])
  expect(codes('morph', 'joint')).toEqual([])
})

it('keeps every digit and every setting in the CSV, and no formula', () => {
  const lines = toCsv(found(), '=HYPERLINK("x")').trimEnd().split('\r\n')
  expect(lines).toHaveLength(4)
  expect(lines[0]).toContain('setting_bin_number')
  expect(lines[1]).toContain('1357.924680135')
  expect(lines[1]).toContain(`"'=HYPERLINK(""x"")"`)
  expect(lines[1]).toMatch(/fixed_bin_number,32,/)
  expect(lines[1]).toContain('"[2,0.75,0.75]"')
  expect(lines[3]).toContain('single_slice')
})

it('copies what the table says as CSV', async () => {
  const person = userEvent.setup()
  open({ [FIRST]: { body: found() } })
  await person.click(screen.getByRole('button', { name: 'Radiomics of GTV' }))
  await person.click(await screen.findByRole('button', { name: 'Copy as CSV' }))
  expect(await screen.findByRole('button', { name: 'Copied' })).toBeInTheDocument()
  expect(await navigator.clipboard.readText()).toBe(toCsv(found(), 'GTV'))
})
