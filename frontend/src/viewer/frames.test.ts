import { describe, expect, it } from 'vitest'

import type { DicomDataset, DicomElement } from './dicomJson'
import { describeSeries, urlOfImageId } from './frames'
import { draggedWindow, rangeFromPixels, rangeFromWindow, windowFromRange } from './voi'

const element = (...values: unknown[]): DicomElement => ({ Value: values })

const slice = (z: number, more: DicomDataset = {}): DicomDataset => ({
  '00080060': element('CT'),
  '00080018': element(`1.2.${z}`),
  '0020000D': element('1.2'),
  '0020000E': element('1.2.3'),
  '00200052': element('1.9'),
  '00100010': element({ Alphabetic: 'Ruiz^Ana^M' }),
  '00280010': element(4),
  '00280011': element(6),
  '00200032': element(0, 0, z),
  '00200037': element(1, 0, 0, 0, 1, 0),
  '00280030': element(0.5, 0.25),
  '00281050': element('40'),
  '00281051': element('400'),
  '00281052': element(-1024),
  '00281053': element(1),
  ...more,
})

describe('series from DICOM JSON', () => {
  it('keeps the order of the instances and their planes', () => {
    const series = describeSeries([slice(10), slice(20)], '/pixels/k')
    expect(series.frames.map((frame) => frame.plane_lps?.origin_lps[2])).toEqual([10, 20])
    expect(series.frames[0]?.plane_lps?.column_spacing_mm).toBe(0.25)
    expect(series.frames[0]?.intercept).toBe(-1024)
    expect(series.patient.name).toBe('Ruiz, Ana M')
    expect(series.unit).toBe('HU')
    expect(urlOfImageId(series.frames[0]?.image_id ?? '')).toBe(
      '/pixels/k/instances/1.2.10/frames/1',
    )
  })

  it('takes no window from a file that gives it in stored values', () => {
    const ser = { '00280101': element(16), '00281052': element(0), '00281053': element(0.001) }
    const lying = { '00281050': element('1500'), '00281051': element('3000') }
    const voiOf = (more: DicomDataset) => describeSeries([slice(1, more)], '/p').frames[0]?.voi
    expect(voiOf({ ...ser, ...lying })).toBeNull()
    expect(voiOf({ ...ser, '00281050': element('1.5'), '00281051': element('3') })).not.toBeNull()
    expect(voiOf({ '00280101': element(12), ...lying })).not.toBeNull()
  })

  it('has no patient space without a frame of reference, a position or a spacing', () => {
    for (const tag of ['00200052', '00200032', '00280030']) {
      const { [tag]: _left_out, ...rest } = slice(1)
      expect(describeSeries([rest], '/p').frames[0]?.plane_lps).toBeNull()
    }
  })

  it('reads the planes of a multi-frame object from its functional groups', () => {
    const group = (z: number): DicomDataset => ({
      '00209113': element({ '00200032': element(1, 2, z) }),
    })
    const enhanced = {
      ...slice(0),
      '00280008': element(2),
      '52009229': element({
        '00209116': element({ '00200037': element(1, 0, 0, 0, 1, 0) }),
        '00289110': element({ '00280030': element(2, 2), '00180050': element(3) }),
        '00289145': element({ '00281052': element(5), '00281053': element(2) }),
      }),
      '52009230': element(group(7), group(9)),
    }
    const series = describeSeries([enhanced], '/p')
    expect(series.frames.map((frame) => frame.plane_lps?.origin_lps)).toEqual([
      [1, 2, 7],
      [1, 2, 9],
    ])
    expect(series.frames[1]).toMatchObject({
      frame: 2,
      slope: 2,
      intercept: 5,
      slice_thickness_mm: 3,
    })
  })

  it('says in which unit a PET is when SUV cannot be computed', () => {
    const pet = slice(1, { '00080060': element('PT'), '00541001': element('BQML') })
    const series = describeSeries([pet], '/p')
    expect(series.unit).toBe('Bq/mL')
    expect(series.suv_refusal).toBe('not_attenuation_corrected')
    expect(series.frames[0]?.factor).toBe(1)
  })

  it('knows synthetic data and lossy compression', () => {
    const series = describeSeries(
      [
        slice(1, {
          '0008001C': element('YES'),
          '00282110': element('01'),
          '00282112': element(12),
        }),
      ],
      '/p',
    )
    expect(series.synthetic).toBe(true)
    expect(series.lossy).toBe('12:1')
  })

  it('refuses a series without pictures', () => {
    expect(() => describeSeries([{ '00080060': element('SR') }], '/p')).toThrow(RangeError)
  })
})

describe('window', () => {
  it('is that of PS3.3 C.11.2.1.2: values at both ends are black and white', () => {
    expect(rangeFromWindow(40, 400)).toEqual({ lower: -160, upper: 239 })
    expect(rangeFromWindow(40, 400, true)).toEqual({ lower: -160, upper: 240 })
    expect(windowFromRange(rangeFromWindow(-600, 1500))).toEqual({ centre: -600, width: 1500 })
  })

  it('never turns inside out while it is dragged', () => {
    let voi = { lower: 0, upper: 5, invert: true }
    for (let step = 0; step < 500; step += 1) voi = draggedWindow(voi, -20, 3)
    expect(voi.upper).toBeGreaterThan(voi.lower)
    expect(voi.invert).toBe(true)
  })

  it('comes from the values where the file names none, without its outliers', () => {
    const values = Float32Array.from({ length: 1000 }, (_, index) => index)
    values[999] = 1e9
    const range = rangeFromPixels(values)
    expect(range.lower).toBe(10)
    expect(range.upper).toBeLessThan(1000)
    expect(rangeFromPixels(new Float32Array(10))).toEqual({ lower: 0, upper: 1 })
  })
})
