import { describe, expect, it } from 'vitest'

import { pixelPlane } from '@/geometry'

import { Labelmap, type Grid } from './labelmap'

const GRID: Grid = { shape: [3, 8, 10], sop_instance_uids: ['1.1', '1.2', '1.2'], frames: [1, 1, 2] }
const PLANE = pixelPlane(10, 8)
const dab = (value: 0 | 1, radius_mm: number, allowed: ((index: number) => boolean) | null = null) =>
  ({ plane: PLANE, from: [4, 3, 0], to: [4, 3, 0], radius_mm, value, allowed }) as const

describe('a labelmap', () => {
  it('finds its frames by image, never by place in a list', () => {
    const map = new Labelmap(GRID)
    expect(map.frameOn({ sop_instance_uid: '1.2', frame: 2 })).toBe(2)
    expect(map.frameOn({ sop_instance_uid: '1.1', frame: 2 })).toBeNull()
  })

  it('says where voxels changed, and nothing where none did', () => {
    const map = new Labelmap(GRID)
    expect(map.sweep(1, 1, dab(1, 1))).toEqual([1, 2, 3, 2, 5, 6])
    expect(map.sweep(1, 1, dab(1, 1))).toBeNull()
    expect(map.sweep(1, 1, dab(0, 0))).toEqual([1, 3, 4, 2, 4, 5])
    expect(map.sweep(2, 1, dab(0, 3))).toBeNull()
  })

  it('paints only what is allowed', () => {
    const map = new Labelmap(GRID)
    expect(map.sweep(1, 0, dab(1, 2, (index) => index % 10 === 4))).toEqual([0, 1, 4, 1, 6, 5])
  })

  it('packs bits as the server reads them, and reads them back', () => {
    const map = new Labelmap(GRID)
    map.sweep(1, 1, dab(1, 1))
    // Rows 2 to 4, columns 3 to 5: a plus sign, nine voxels from the lowest bit on.
    expect([...map.pack(1, [1, 2, 3, 2, 5, 6])]).toEqual([0b10111010, 0])
    const copy = new Labelmap(GRID)
    copy.unpack(1, [0, 0, 0, 3, 8, 10], map.pack(1, [0, 0, 0, 3, 8, 10]))
    expect(copy.slice(1, 1)).toEqual(map.slice(1, 1))
    expect(() => copy.unpack(1, [0, 0, 0, 1, 1, 9], new Uint8Array(1))).toThrow(RangeError)
  })
})
