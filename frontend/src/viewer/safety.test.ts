import { describe, expect, it } from 'vitest'

import { planeFrom, slicePosition } from '@/geometry'

import type { DicomDataset } from './dicomJson'
import type { FrameDescription } from './frames'
import { lateralityOf } from './laterality'

const element = (value: string) => ({ Value: [value] })
const frameOf = (dataset: DicomDataset, frame = 1): FrameDescription =>
  ({ dataset, frame }) as FrameDescription

describe('the side of a picture', () => {
  it('is Image Laterality before the laterality of the series', () => {
    const dataset = { '00200062': element('L'), '00200060': element('R') }
    expect(lateralityOf(frameOf(dataset))).toBe('L')
    expect(lateralityOf(frameOf({ '00200060': element('R') }))).toBe('R')
  })

  it('is that of the frame in a multi-frame image', () => {
    const group = (side: string) => ({ '00209071': { Value: [{ '00209072': element(side) }] } })
    const dataset = { '52009230': { Value: [group('R'), group('L')] } }
    expect(lateralityOf(frameOf(dataset, 2))).toBe('L')
  })

  it('is missed on projections of paired organs only', () => {
    const of = (modality: string, part: string) =>
      lateralityOf(frameOf({ '00080060': element(modality), '00180015': element(part) }))
    expect(of('MG', '')).toBe('missing')
    expect(of('DX', 'KNEE')).toBe('missing')
    expect(of('DX', 'CHEST')).toBeNull()
    expect(of('XA', 'HEART')).toBeNull()
    expect(of('CR', 'LEFT KNEE')).toBe('missing')
    expect(of('CT', 'KNEE')).toBeNull()
  })

  it('is not said where the file says that there is none', () => {
    const dataset = { '00200062': element('U'), '00080060': element('MG') }
    expect(lateralityOf(frameOf(dataset))).toBeNull()
  })
})

describe('the position of a slice', () => {
  const plane = (position: [number, number, number], orientation: number[]) => {
    const made = planeFrom({
      image_position_lps: position,
      image_orientation: orientation,
      pixel_spacing_mm: [1, 1],
      columns: 4,
      rows: 4,
    })
    if (made === null) throw new Error('no plane')
    return made
  }

  it('is the coordinate along the body of an axial slice, with the side it lies on', () => {
    expect(slicePosition(plane([-10, -20, -123.5], [1, 0, 0, 0, 1, 0]))).toEqual({
      letters: 'I',
      distance_mm: 123.5,
    })
    // Turned over, the normal points the other way; the place is the same.
    expect(slicePosition(plane([-10, -20, -123.5], [-1, 0, 0, 0, 1, 0]))).toMatchObject({
      letters: 'I',
      distance_mm: 123.5,
    })
  })

  it('is measured along the normal of an oblique one, from anywhere on it', () => {
    const c = Math.SQRT1_2
    const orientation = [1, 0, 0, 0, c, -c]
    const one = slicePosition(plane([0, 30, 30], orientation))
    expect(one.distance_mm).toBeCloseTo(30 * Math.SQRT2, 6)
    const same = slicePosition(plane([50, 30 + 7 * c, 30 - 7 * c], orientation))
    expect(same.distance_mm).toBeCloseTo(one.distance_mm, 6)
    expect(same.letters).toBe(one.letters)
  })
})
