import { describe, expect, it } from 'vitest'

import type { Viewport } from '@/protocol/generated'

import type { DicomDataset, DicomElement } from './dicomJson'
import { describeSeries } from './frames'
import { applyViewport, doseId, masksShown, radiotherapyShown, segmentMaskId, structureId } from './stage'
import type { StackView } from './stackView'

const element = (...values: unknown[]): DicomElement => ({ Value: values })

const slice = (z: number): DicomDataset => ({
  '00080060': element('CT'),
  '00080018': element(`1.2.${z}`),
  '0020000D': element('1.2'),
  '0020000E': element('1.2.3'),
  '00200052': element('1.9'),
  '00200032': element(-10, -20, z),
  '00200037': element(1, 0, 0, 0, 1, 0),
  '00280030': element(0.5, 0.5),
  '00280010': element(64),
  '00280011': element(64),
})

/** A view that only remembers what it was told. */
function recordingView() {
  const series = describeSeries([slice(1), slice(2)], '/pixels/key')
  const told: string[] = []
  const view = {
    state: { series, reformat: null },
    clear: (status: string) => told.push(status),
    setIndex: (index: number) => told.push(`index ${index}`),
    setCamera: () => told.push('camera'),
    setVoi: () => told.push('voi'),
  }
  return { view: view as unknown as StackView, told }
}

const onStage = (changes: Partial<Viewport>): Viewport => ({
  study_instance_uid: '1.2',
  series_instance_uid: '1.2.3',
  frame_of_reference_uid: '1.9',
  reference: { sop_instance_uid: '1.2.2', frame: 1 },
  camera: {
    focal_point_lps: [0, 0, 2],
    view_up: [0, -1, 0],
    view_plane_normal: [0, 0, -1],
    fit_mm: 20,
    flip_horizontal: false,
    flip_vertical: false,
  },
  image_camera: null,
  voi: null,
  overlays: [],
  ...changes,
})

describe('applyViewport', () => {
  it('shows the slice that the presenter named', () => {
    const { view, told } = recordingView()
    applyViewport(view, onStage({}))
    expect(told).toEqual(['index 1', 'camera'])
  })

  it.each([
    ['another frame of reference', { frame_of_reference_uid: '1.8' }],
    ['a slice that is not in the series', { reference: { sop_instance_uid: '9.9', frame: 1 } }],
    ['a frame that the slice does not have', { reference: { sop_instance_uid: '1.2.2', frame: 7 } }],
  ])('LIVE-L2: says "not comparable" for %s, never a guess', (_name, changes) => {
    const { view, told } = recordingView()
    applyViewport(view, onStage(changes))
    expect(told).toEqual(['not_comparable'])
  })
})

describe('masksShown', () => {
  it('names findings and segments, each once, and nothing it does not know', () => {
    const segment = segmentMaskId('0a-1', 3, '0b-2')
    const radiotherapy = [structureId('s-1', 7), doseId('d-1')]
    const viewport = onStage({ overlays: ['finding:f-1', segment, ...radiotherapy] })
    const state = {
      layout: { rows: 1, columns: 2 },
      active_viewport: 0,
      viewports: [viewport, viewport],
      focus: null,
      held: false,
    }
    expect(masksShown(state)).toEqual(['f-1', segment])
    expect(radiotherapyShown(state)).toEqual(['structure:s-1:7', 'dose:d-1'])
  })

  it('gives a segment a name the wire takes', () => {
    const id = '00000000-0000-4000-8000-000000000000'
    const name = segmentMaskId(id, 65_535, id)
    expect(name.length).toBeLessThanOrEqual(96)
    expect(name).toMatch(/^[A-Za-z0-9._:-]+$/)
  })
})
