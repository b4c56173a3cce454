import { describe, expect, it } from 'vitest'

import { scaledPixels } from './decoding/pixelValues'
import type { DicomDataset, DicomElement } from './dicomJson'
import { describeSeries, type SeriesDescription } from './frames'
import { PARAMETRIC_MAP_STORAGE } from './parametricMap'

const value = (...Value: unknown[]): DicomElement => ({ Value })
const unit = (code: string) => ({
  '004008EA': value({ '00080100': value(code), '00080102': value('UCUM') }),
})
const linear = (slope: number, intercept: number, more: DicomDataset = {}): DicomDataset => ({
  '00409225': value(slope),
  '00409224': value(intercept),
  '00283003': value('Ktrans'),
  ...unit('/min'),
  ...more,
})

function map(items: DicomDataset[], more: DicomDataset = {}): SeriesDescription {
  const dataset: DicomDataset = {
    '00080016': value(PARAMETRIC_MAP_STORAGE),
    '00080060': value('MR'),
    '0008103E': value('Map of something'),
    '00280010': value(8),
    '00280011': value(8),
    '00280100': value(32),
    '52009229': value({
      '00409096': value(...items),
      '00289132': value({ '00281050': value(50.5), '00281051': value(101) }),
    }),
    ...more,
  }
  return describeSeries([dataset], '/p')
}

describe('a parametric map', () => {
  it('has the numbers, the unit and the window of its quantity', () => {
    const { unit: shown, map: described, frames } = map([linear(0.01, 2)])
    expect(shown).toBe('/min')
    expect(described).toMatchObject({ quantity: 'Ktrans', colormap: 'rainbow', problem: null })
    expect(frames[0]).toMatchObject({ slope: 0.01, intercept: 2 })
    expect(frames[0]?.voi?.lower).toBeCloseTo(2)
    expect(frames[0]?.voi?.upper).toBeCloseTo(3)
  })

  it('says nothing of values that the file maps to nothing', () => {
    const { frames } = map([linear(0.5, 1, { '00409216': value(0), '00409211': value(10) })])
    const [frame] = frames
    expect(frame?.mapped).toEqual({ first: 0, last: 10 })
    if (frame === undefined) return
    const shown = scaledPixels(Float32Array.from([-1, 0, 4, 10, 11]), frame)
    expect([...shown]).toEqual([NaN, 1, 3, 6, NaN])
  })

  it.each([
    ['no mapping', [], 'not_mapped'],
    ['a table', [{ ...unit('1'), '00409212': value(1, 2) }], 'table'],
    ['several mappings', [linear(1, 0), linear(2, 0)], 'several'],
  ] as const)('has no unit by %s, and its numbers as they are', (_, items, problem) => {
    const { unit: shown, map: described, frames } = map([...items])
    expect([shown, described?.problem]).toEqual(['', problem])
    expect(frames[0]).toMatchObject({ slope: 1, intercept: 0, mapped: null })
  })

  it.each([
    ['Apparent Diffusion Coefficient', 'um2/s', 'grey'],
    ['Regional blood flow', 'ml/min', 'rainbow'],
    ['SUVbw', 'g/ml{SUVbw}', 'hot_iron'],
    ['feature_001', '1', 'viridis'],
  ])('has the colours of %s', (quantity, code, colormap) => {
    const item = { ...linear(1, 0), ...unit(code), '00283003': value(quantity) }
    const described = map([item])
    expect(described.map?.colormap).toBe(colormap)
    expect(described.unit).toBe(code === '1' ? '' : code)
  })

  it('is told by its class: the same mapping on an image changes nothing', () => {
    const more = { '00080016': value('1.2.840.10008.5.1.4.1.1.4') }
    const { map: described, frames, unit: shown } = map([linear(0.01, 2)], more)
    expect([described, shown]).toEqual([null, ''])
    expect(frames[0]?.slope).toBe(1)
  })
})
