import { describe, expect, it } from 'vitest'

import type { MeasurementBody } from '@/protocol/generated'
import { lesion, measurement } from '@/protocol/testing'

import { inItsPlace } from './lesionStore'
import { entryAt, timePointsOf } from './timePoints'

type Value = MeasurementBody['values'][number]
const value = (quantity: Value['quantity'], number: number, unit: Value['unit'] = 'mm'): Value => ({
  quantity,
  value: number,
  unit,
  basis: null,
  ucum: null,
})
const of = (id: string, study: string, values: Value[], parts: Partial<MeasurementBody> = {}) => ({
  ...measurement(id, 1, 1),
  study_instance_uid: study,
  lesion: 'T1',
  values,
  ...parts,
})
const T1 = lesion('T1')
const axes = [value('long_axis', 24), value('short_axis', 16)]

describe('time points of lesions', () => {
  it('are the measured studies, oldest first, and those without a date last', () => {
    const items = [of('a', '3', []), of('b', '1', []), of('c', '2', []), of('d', '4', [])]
    const unmeasured = of('e', '5', [], { lesion: null })
    const studies = [
      { study_instance_uid: '1', study_date: '2026-11-03' },
      { study_instance_uid: '2', study_date: '2026-02-01' },
      { study_instance_uid: '3', study_date: null },
      { study_instance_uid: '5', study_date: '2020-01-01' },
    ]
    expect(timePointsOf([...items, unmeasured], studies)).toEqual([
      { study_instance_uid: '2', date: '2026-02-01' },
      { study_instance_uid: '1', date: '2026-11-03' },
      { study_instance_uid: '3', date: null },
      { study_instance_uid: '4', date: null },
    ])
  })

  it('show the longest diameter, in millimetres where there are any', () => {
    const items = [
      of('length', '1', [value('length', 22)]),
      of('both', '1', axes),
      of('pixels', '1', [value('length', 300, 'px')]),
    ]
    expect(entryAt(T1, items, '1')).toMatchObject({
      item: { id: 'both' },
      diameter: { value: 24, unit: 'mm' },
      isShort: false,
    })
    expect(entryAt(T1, items, '2')).toBeNull()
    expect(entryAt(lesion('other'), items, '1')).toBeNull()
  })

  it('show the short axis of a node where one was measured, and else say nothing of it', () => {
    const node = lesion('T1', { is_node: true })
    const length = of('length', '1', [value('length', 30)])
    expect(entryAt(node, [length, of('both', '1', axes)], '1')).toMatchObject({
      item: { id: 'both' },
      diameter: { value: 16 },
      isShort: true,
    })
    expect(entryAt(node, [length], '1')).toMatchObject({ diameter: { value: 30 }, isShort: false })
  })

  it('have no diameter where nothing measured is one', () => {
    const angle = of('a', '1', [value('angle', 30, 'deg')])
    expect(entryAt(T1, [angle], '1')).toMatchObject({ item: { id: 'a' }, diameter: null })
  })
})

describe('LIVE-N4 a place that is taken', () => {
  const first = of('first', '1', [])
  it('is by another measurement of the kind in the study, and by nothing else', () => {
    const second = of('second', '1', [], { lesion: null })
    expect(inItsPlace(second, 'T1', [first, second])).toBe(first)
    expect(inItsPlace(first, 'T1', [first, second])).toBeUndefined()
    expect(inItsPlace({ ...second, study_instance_uid: '2' }, 'T1', [first])).toBeUndefined()
    expect(inItsPlace({ ...second, kind: 'bidirectional' }, 'T1', [first])).toBeUndefined()
    expect(inItsPlace(second, 'T2', [first])).toBeUndefined()
  })
})
