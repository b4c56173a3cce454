import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { Vec3 } from '@/geometry'

import {
  halfSlice_mm,
  isShownOn,
  surfaceOf,
  type DrawnMeasurement,
  type MeasurementDraft,
} from './annotations'
import type { DicomDataset, DicomElement } from './dicomJson'
import { describeSeries } from './frames'
import { Viewer } from './viewer'

vi.mock('./loader', () => ({
  cachedImage: () => ({ color: true, columns: 64, rows: 32 }),
  isCached: () => true,
  loadFrame: () => new Promise(() => undefined),
  dropPrefetch: () => undefined,
}))

const element = (...values: unknown[]): DicomElement => ({ Value: values })

/** Pixels of 0.5 × 2 mm, slices 10 mm apart. */
const series = (orientation: readonly number[]) =>
  describeSeries(
    [0, 10, 20].map(
      (z): DicomDataset => ({
        '00080060': element('CT'),
        '00080018': element(`1.${z}`),
        '0020000E': element('1'),
        '00200052': element('space'),
        '00200032': element(0, 0, z),
        '00200037': element(...orientation),
        '00280030': element(2, 0.5),
        '00280010': element(32),
        '00280011': element(64),
      }),
    ),
    '/pixels/1',
  )

describe('drawing point by point', () => {
  let viewer: Viewer
  let made: MeasurementDraft[]
  beforeEach(() => {
    viewer = new Viewer()
    made = []
    viewer.drafted.on((draft) => void made.push(draft))
    vi.spyOn(view(), 'size', 'get').mockReturnValue({ width: 640, height: 640 })
    view().showSeries(series([1, 0, 0, 0, 1, 0]), 1, 'program')
  })
  const view = () => {
    const [first] = viewer.views
    if (first === undefined) throw new Error('no view')
    return first
  }
  const keys = (...names: string[]) =>
    names.map((name) => viewer.drawing.key(name, view(), 'length'))

  it('measures by keys alone, a pixel at a time, on the centres of pixels', () => {
    keys('enter', 'enter', 'shift+arrowright', 'arrowright', 'arrowleft', 'enter')
    expect(made).toHaveLength(1)
    const [a, b] = made[0]?.points_lps ?? []
    expect([(b?.[0] ?? 0) - (a?.[0] ?? 0), b?.[1]]).toEqual([5, a?.[1]]) // ten columns of 0.5 mm
    expect(made[0]).toMatchObject({ sop_instance_uid: '1.10', frame_of_reference_uid: 'space' })
    expect(viewer.selected).toBe(made[0]?.id)
  })

  it('moves along rows and columns as the screen has them, in the pixels of each', () => {
    view().rotate(90)
    keys('enter', 'enter', 'arrowdown', 'enter')
    const [a, b] = made[0]?.points_lps ?? []
    const moved = [0, 1, 2].map((axis) => Math.abs((b?.[axis] ?? 0) - (a?.[axis] ?? 0)))
    expect(moved).toEqual([0.5, 0, 0]) // a step down the turned screen is one column
  })

  it('leaves the arrows to scrolling until Enter has shown the cross', () => {
    expect(keys('arrowdown', 'escape')).toEqual([false, false])
    expect(keys('enter', 'arrowdown', 'escape', 'arrowdown')).toEqual([true, true, true, false])
  })

  it('never joins points of two images', () => {
    viewer.drawing.put(view(), 'length', [1, 1, 10])
    view().setIndex(2, 'user')
    expect(viewer.drawing.preview(view())).toBeNull()
    viewer.drawing.put(view(), 'length', [20, 20, 20])
    viewer.drawing.put(view(), 'length', [2, 20, 20])
    expect(made.map((draft) => draft.points_lps)).toEqual([[[20, 20, 20], [2, 20, 20]]])
  })

  it('closes an outline where a point is set twice, and keeps what is complete only', () => {
    const corners: Vec3[] = [[1, 1, 10], [9, 1, 10], [9, 9, 10], [9, 9, 10]]
    for (const corner of corners) viewer.drawing.put(view(), 'freehand', corner)
    expect(made[0]?.points_lps).toEqual(corners.slice(0, 3))
    viewer.drawing.put(view(), 'freehand', [1, 1, 10])
    viewer.drawing.close(view())
    expect(made).toHaveLength(1)
  })
})

describe('where a measurement is shown', () => {
  const measured = (changes: Partial<DrawnMeasurement>): DrawnMeasurement => ({
    id: 'm',
    kind: 'length',
    sop_instance_uid: null,
    frame: 1,
    frame_of_reference_uid: 'space',
    points_lps: [[1, 1, 13], [9, 1, 14.9]],
    points_image: null,
    text: '',
    caption: '',
    colour: '',
    pending: false,
    editable: false,
    ...changes,
  })
  const surfaceAt = (index: number) => {
    const viewer = new Viewer()
    viewer.views[0]?.showSeries(series([1, 0, 0, 0, 1, 0]), index, 'program')
    const surface = viewer.views[0] && surfaceOf(viewer.views[0])
    if (!surface) throw new Error('no surface')
    return surface
  }

  it('without an image: where all its points lie within half a slice', () => {
    const [first, second, third] = [surfaceAt(0), surfaceAt(1), surfaceAt(2)]
    expect(halfSlice_mm(second)).toBe(5)
    expect([first, second, third].map((one) => isShownOn(measured({}), one))).toEqual([
      false,
      true,
      false,
    ])
    const wide = measured({ points_lps: [[1, 1, 13], [9, 1, 15.1]] })
    expect([first, second, third].map((one) => isShownOn(wide, one))).toEqual([false, false, false])
  })

  it('never in another frame of reference, and with an image on no other one', () => {
    const second = surfaceAt(1)
    expect(isShownOn(measured({ frame_of_reference_uid: 'elsewhere' }), second)).toBe(false)
    expect(isShownOn(measured({ sop_instance_uid: '1.10' }), second)).toBe(true)
    expect(isShownOn(measured({ sop_instance_uid: '1.20' }), second)).toBe(false)
  })

  it('of an image, on a plane that is none: where it lies within half a step of it', () => {
    const surface = { ...surfaceAt(1), frame: null, step_mm: 2 }
    const on = measured({ sop_instance_uid: '1.10', points_lps: [[1, 1, 10.9], [9, 1, 10]] })
    expect(isShownOn(on, surface)).toBe(true)
    expect(isShownOn(measured({ sop_instance_uid: '1.20' }), surface)).toBe(false)
  })
})
