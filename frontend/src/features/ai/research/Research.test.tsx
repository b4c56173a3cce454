import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { NiftiMaskMatch, ResearchStack, StackMatch } from '@/api/research'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aCaseDetail, aSeries, aStudy } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { fakeServer } from '@/app/testing/server'

import { saveBlob } from './saveBlob'
import { StudyMenu } from './StudyMenu'

vi.mock('./saveBlob', () => ({ saveBlob: vi.fn() }))

const STUDY = '/api/cases/case-1/studies/1.2.3'
const aStack = (number: number, part: Partial<ResearchStack> = {}): ResearchStack => ({
  series_instance_uid: `1.2.3.${number}`,
  stack: 1,
  shape: [512, 512, 300],
  spacing_mm: [0.7, 0.7, 1],
  masks: [],
  left_out: [],
  refusal: null,
  ...part,
})
const aMatch = (number: number, refusal: StackMatch['refusal'] = null): StackMatch => ({
  series_instance_uid: `1.2.3.${number}`,
  stack: 1,
  fits: refusal === null,
  refusal,
})
const found = (results: StackMatch[], part: Partial<NiftiMaskMatch> = {}): NiftiMaskMatch => ({
  results,
  labels: [{ value: 1, label: 'Label 1', type: '85756007' }],
  from_sidecar: false,
  ...part,
})

function open(routes: Parameters<typeof fakeServer>[0], can: ('view_identified' | 'annotate')[] = ['view_identified', 'annotate']) {
  const server = fakeServer(routes)
  const study = aStudy({ study_instance_uid: '1.2.3', state: 'ready', series: [aSeries(1), aSeries(2)] })
  return { server, ...renderScreen(<StudyMenu entry={aCaseDetail({ can })} study={study} />) }
}
const choose = async (item: RegExp) => {
  await userEvent.click(await screen.findByRole('button', { name: /^More for/ }))
  await userEvent.click(await screen.findByRole('menuitem', { name: item }))
}
const pickMask = async () => {
  const input = document.querySelector<HTMLInputElement>('input[type="file"]')
  await userEvent.upload(input as HTMLInputElement, new File(['x'], 'mask.nii.gz'), { applyAccept: false })
}

beforeEach(() => {
  document.cookie = 'csrftoken=t'
  vi.mocked(saveBlob).mockReset()
})
afterEach(() => vi.unstubAllGlobals())

it('offers nothing to whoever sees the case without identity, and no import to whoever may not paint', async () => {
  const { unmount } = open({}, [])
  expect(screen.queryByRole('button')).toBeNull()
  unmount()
  open({}, ['view_identified'])
  await userEvent.click(screen.getByRole('button', { name: /^More for/ }))
  expect(await screen.findByRole('menuitem', { name: /Export/ })).toBeInTheDocument()
  expect(screen.queryByRole('menuitem', { name: /Import/ })).toBeNull()
})

it('says what leaves, what stays and that it is not de-identified, before it can be taken', async () => {
  open({
    [`GET ${STUDY}/nifti`]: {
      body: {
        is_deidentified: false,
        results: [
          aStack(1, {
            masks: [{ source: 'finding', name: 'Nodule', labels: ['Nodule'], by: 'Dr Demir' }],
            left_out: [{ kind: 'segmentation', code: 'copy_of_unreviewed_ai', message: 'It is a copy of an AI result.' }],
          }),
          aStack(2, { shape: null, spacing_mm: null, refusal: { code: 'irregular_spacing', message: 'The distance between slices varies.' } }),
        ],
      },
    },
  })
  await choose(/Export/)
  const rows = within(await screen.findByRole('list', { name: 'Series of this study' })).getAllByRole('listitem')
  expect(rows[0]).toHaveTextContent('512 × 512 × 300 voxels · 0.7 × 0.7 × 1 mm')
  expect(rows[0]).toHaveTextContent('Mask: Nodule, AI finding accepted by Dr Demir')
  expect(rows[0]).toHaveTextContent('A segmentation stays here. It is a copy of an AI result.')
  expect(rows[1]).toHaveTextContent('Cannot be exported. The distance between slices varies. NIfTI has one distance')
  expect(within(rows[1] as HTMLElement).queryByRole('checkbox')).toBeNull()
  expect(screen.getByText('Not de-identified')).toBeVisible()
  await userEvent.click(screen.getByRole('checkbox', { name: /Thorax 1/ }))
  expect(screen.getByRole('button', { name: 'Export 1 series' })).toBeDisabled()
  expect(await accessibilityFaults(document.body)).toEqual([])
})

it('exports one after the other, and one failure stops no other', async () => {
  const { server } = open({
    [`GET ${STUDY}/nifti`]: { body: { is_deidentified: false, results: [aStack(1), aStack(2)] } },
    [`GET ${STUDY}/series/1.2.3.1/nifti?stack=1`]: { status: 413, body: { code: 'too_large', title: 'Too large', detail: 'The series is too large.' } },
    [`GET ${STUDY}/series/1.2.3.2/nifti?stack=1`]: { body: { zip: true } },
  })
  await choose(/Export/)
  for (const box of await screen.findAllByRole('checkbox')) await userEvent.click(box)
  await userEvent.click(screen.getByRole('button', { name: 'Export 2 series' }))
  expect(await screen.findByText(/Saved with your downloads/)).toBeInTheDocument()
  expect(screen.getByRole('alert')).toHaveTextContent('The series is too large.')
  expect(vi.mocked(saveBlob).mock.calls.map((call) => call[1])).toEqual(['CT-2-nifti.zip'])
  expect(server.requests.filter((one) => one.url.includes('/series/'))).toHaveLength(2)
})

it('stops when it is cancelled, and saves nothing', async () => {
  open({
    [`GET ${STUDY}/nifti`]: { body: { is_deidentified: false, results: [aStack(1), aStack(2)] } },
    [`GET ${STUDY}/series/1.2.3.1/nifti?stack=1`]: (request) =>
      new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError')))),
  })
  await choose(/Export/)
  for (const box of await screen.findAllByRole('checkbox')) await userEvent.click(box)
  await userEvent.click(screen.getByRole('button', { name: 'Export 2 series' }))
  expect(await screen.findByText('The server is packing it…')).toBeInTheDocument()
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))
  await waitFor(() => expect(screen.getAllByText('Cancelled: nothing was saved')).toHaveLength(2))
  expect(saveBlob).not.toHaveBeenCalled()
})

it('names the series a mask lies on, and takes it in as what the person says it is', async () => {
  const { server } = open({
    [`POST ${STUDY}/nifti-mask/match`]: { body: found([aMatch(1), aMatch(2, { code: 'different_shape', message: 'The mask has another size than the series.', details: { mask: [4, 4, 4], series: [8, 8, 8] } })]) },
    [`POST ${STUDY}/series/1.2.3.1/nifti-mask`]: {
      status: 201,
      body: { id: 'seg', series_instance_uid: '1.2.3.1', layer: 'reviewed', segments: [{ number: 1, label: 'GTV' }] },
    },
  })
  await choose(/Import/)
  await pickMask()
  expect(await screen.findByText('It lies on the voxels of 1 · CT · Thorax 1.')).toBeVisible()
  const take = screen.getByRole('button', { name: 'Take it in' })
  expect(take).toBeDisabled()
  await userEvent.click(screen.getByRole('radio', { name: 'By an algorithm alone' }))
  expect(screen.getByText(/no person's segmentation/)).toBeVisible()
  expect(take).toBeDisabled()
  await userEvent.click(screen.getByRole('radio', { name: 'By hand' }))
  await userEvent.clear(screen.getByRole('textbox', { name: 'Name of value 1' }))
  expect(take).toBeDisabled()
  await userEvent.type(screen.getByRole('textbox', { name: 'Name of value 1' }), 'GTV')
  expect(await accessibilityFaults(document.body)).toEqual([])
  await userEvent.click(take)
  expect(await screen.findByRole('link', { name: 'Show it in the viewer' })).toHaveAttribute('href', '/cases/case-1/view?study=1.2.3&series=1.2.3.1')
  const sent = server.requests.find((one) => one.url.endsWith('/series/1.2.3.1/nifti-mask'))
  const form = await (sent as Request).formData()
  expect([form.get('made_by'), form.get('stack')]).toEqual(['MANUAL', '1'])
  expect(JSON.parse(String(form.get('labels')))).toEqual([{ value: 1, label: 'GTV', type: '85756007' }])
})

it('asks on which series a mask was drawn when it lies on several', async () => {
  open({ [`POST ${STUDY}/nifti-mask/match`]: { body: found([aMatch(1), aMatch(2)]) } })
  await choose(/Import/)
  await pickMask()
  expect(await screen.findByText(/voxels of 2 series/)).toBeVisible()
  await userEvent.click(screen.getByRole('radio', { name: 'By hand' }))
  expect(screen.getByRole('button', { name: 'Take it in' })).toBeDisabled()
  await userEvent.click(screen.getByRole('radio', { name: '2 · CT · Thorax 2' }))
  expect(screen.getByRole('button', { name: 'Take it in' })).toBeEnabled()
})

it('says of each series why the mask does not lie on it, and what would help', async () => {
  open({ [`POST ${STUDY}/nifti-mask/match`]: { body: found([aMatch(1, { code: 'different_place', message: 'The mask does not lie on the voxels of the series.', details: { distance_mm: 3.1 } })], { labels: [] }) } })
  await choose(/Import/)
  await pickMask()
  expect(await screen.findByRole('alert')).toHaveTextContent(/lies on no series of this study.*Choose the series that the mask was drawn on/)
  expect(screen.getByText(/It lies 3.1 mm away/)).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Take it in' })).toBeNull()
})

it('says in plain words why a file is no mask', async () => {
  open({ [`POST ${STUDY}/nifti-mask/match`]: { status: 400, body: { code: 'non_integer_labels', title: 'Invalid', detail: 'Some voxels are not whole numbers: is this a probability map?' } } })
  await choose(/Import/)
  await pickMask()
  expect(await screen.findByRole('alert')).toHaveTextContent(/is this a probability map\?.*Put a threshold on the probability map first/)
})
