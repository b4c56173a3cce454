import { describe, expect, it } from 'vitest'

import type { MeasurementBody } from '@/protocol/generated'

import { valueLines, valuesText } from './measurementWords'

type Value = MeasurementBody['values'][number]
const value = (quantity: Value['quantity'], number: number, unit: Value['unit']): Value => ({
  quantity,
  value: number,
  unit,
  basis: null,
  ucum: null,
})
const of = (...values: Value[]) => ({ values, problem: null })

describe('measured values in words', () => {
  it('has the long axis first, never without the unit', () => {
    const axes = of(value('short_axis', 18.04, 'mm'), value('long_axis', 24.06, 'mm'))
    expect(valuesText(axes)).toBe('24.1 × 18.0 mm')
    expect(valuesText(of())).toBe('–')
  })

  it('says what millimetres are of where they are not the patient’s', () => {
    const length = { ...value('length', 12, 'mm'), basis: 'detector' as const }
    const basis = (name: string) => `of ${name}`
    expect(valuesText(of(length), { basis })).toBe('12.0 mm (of detector)')
    expect(valuesText(of({ ...length, basis: null }), { basis: () => 'never' })).toBe('12.0 mm')
  })

  it('has a line for the size, the mean and the range of a region', () => {
    const region = of(
      value('area', 226.19, 'mm2'),
      value('mean', -12.5, 'HU'),
      value('standard_deviation', 8.04, 'HU'),
      value('minimum', -30, 'HU'),
      value('maximum', 0, 'HU'),
      value('count', 452, 'pixels'),
    )
    expect(valueLines(region)).toEqual([
      '226 mm²',
      'mean −12.5 ± 8.0 HU',
      'range −30.0 … 0.0 · 452 pixels',
    ])
  })

  it('has two digits for an SUV, a sign for degrees, and words for what has no unit', () => {
    expect(valuesText(of(value('value', 7.911, 'SUVbw')))).toBe('7.91 SUVbw')
    expect(valuesText(of(value('angle', 42.06, 'deg')))).toBe('42.1°')
    const stored = of(value('value', 412, 'stored'))
    expect(valuesText(stored, { stored: '(stored)' })).toBe('412.0 (stored)')
    expect(valuesText(of(value('value', -0.04, 'HU')))).toBe('0.0 HU')
  })

  it('has the numbers of a map in the unit of its file, whatever their size', () => {
    const mapped = (number: number, ucum: string) => of({ ...value('value', number, 'mapped'), ucum })
    expect(valuesText(mapped(0.08234, '/min'))).toBe('0.0823 /min')
    expect(valuesText(mapped(-1234.5, 'um2/s'))).toBe('−1235 um2/s')
    expect(valuesText(mapped(0.5, ''))).toBe('0.5')
  })

  it('never leaves out why values are missing', () => {
    const problem = (code: string) => `because ${code}`
    const missing = { values: [value('area', 4, 'mm2')], problem: 'colour_image' }
    expect(valueLines(missing, { problem })).toEqual(['4.0 mm²', 'because colour_image'])
  })
})
