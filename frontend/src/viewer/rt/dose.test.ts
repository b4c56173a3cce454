import { describe, expect, it } from 'vitest'

import type { DicomDataset } from '../dicomJson'
import { describeSeries } from '../frames'
import type { Volume } from '../volume/sampling'
import { RtOverlays } from './overlays'

const value = (...Value: unknown[]) => ({ Value })

const doseGrid = (more: DicomDataset = {}): DicomDataset => ({
  '00080018': value('1.2.3'),
  '00080060': value('RTDOSE'),
  '00200052': value('1.9'),
  '00200032': value(-10, -20, 30),
  '00200037': value(1, 0, 0, 0, 1, 0),
  '00280030': value(2, 2),
  '00280010': value(4),
  '00280011': value(5),
  '00280008': value(3),
  '3004000C': value(0, 2.5, 5),
  '3004000E': value(0.001),
  ...more,
})

describe('frames of a dose grid', () => {
  it('lie by their offsets along the normal', () => {
    const { frames, unit } = describeSeries([doseGrid()], '/p')
    expect(unit).toBe('Gy')
    expect(frames.map((frame) => frame.plane_lps?.origin_lps[2])).toEqual([30, 32.5, 35])
    expect(frames[0]?.slope).toBe(0.001)
  })

  it('have no place where the offsets are missing, short, or begin elsewhere', () => {
    for (const offsets of [value(), value(0, 2.5), value(30, 32.5, 35)]) {
      const { frames } = describeSeries([doseGrid({ '3004000C': offsets })], '/p')
      expect(frames.map((frame) => frame.plane_lps)).toEqual([null, null, null])
    }
  })
})

describe('dose under a point', () => {
  const volume: Volume = {
    grid: {
      origin_lps: [0, 0, 0],
      column_mm: [2, 0, 0],
      row_mm: [0, 2, 0],
      slice_mm: [0, 0, 2],
      size: [2, 2, 2],
    },
    values: Float32Array.from([0, 10, 0, 10, 0, 10, 0, 10]),
  }

  it('is interpolated, and nothing outside the grid or in another frame of reference', () => {
    const rt = new RtOverlays()
    rt.addDose({ id: 'dose:1', frame_of_reference_uid: '1.9', volume, maximum_gy: 10 })
    expect(rt.doseAt([1, 1, 1], '1.9')).toBeNull()
    rt.show(['dose:1'])
    expect(rt.doseAt([0.5, 1, 1], '1.9')).toBeCloseTo(2.5)
    expect(rt.doseAt([1, 1, 1], '1.8')).toBeNull()
    expect(rt.doseAt([9, 1, 1], '1.9')).toBeNull()
  })

  it('is found from another frame of reference by a registration, and only by it', () => {
    const rt = new RtOverlays()
    rt.addDose({ id: 'dose:1', frame_of_reference_uid: '1.9', volume, maximum_gy: 10 })
    rt.show(['dose:1'])
    // Points of 1.8 lie ten millimetres to the patient's left in 1.9.
    const matrix = [1, 0, 0, 10, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    const by = { sop_instance_uid: '7', name: 'REG', date: '', contradicted: false }
    const links = [{ source: '1.8', target: '1.9', matrix, by }]
    expect(rt.doseAt([-9.5, 1, 1], '1.8', links)).toBeCloseTo(2.5)
    expect(rt.doseAt([0.5, 1, 1], '1.8', links)).toBeNull()
    expect(rt.doseAt([-9.5, 1, 1], '1.7', links)).toBeNull()
  })
})
