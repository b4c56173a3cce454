import { describe, expect, it } from 'vitest'

import { MaskStore } from './masks'

const volume = (id: string) => {
  const values = new Uint8Array(2 * 3 * 4)
  values[12 + 5] = 1
  values[12 + 6] = 1
  return { id, values, shape: [2, 3, 4] as const, sop_instance_uids: ['1.1', '1.2'], frames: [1, 1] }
}

const at = (sop_instance_uid: string, frame = 1) => ({ sop_instance_uid, frame })

describe('mask store', () => {
  it('finds a slice by the image it lies on, never by index', () => {
    const store = new MaskStore()
    store.set(volume('f'))
    expect(store.sliceOf('f', at('1.1'))).toBeNull()
    expect(Array.from(store.sliceOf('f', at('1.2'))?.values ?? [])).toEqual([
      0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0,
    ])
    expect(store.sliceOf('f', at('1.3'))).toBeNull()
    expect(store.fullestImage('f')).toEqual(at('1.2'))
  })

  it('tells the frames of one enhanced image apart', () => {
    const store = new MaskStore()
    store.set({ ...volume('f'), sop_instance_uids: ['1.1', '1.1'], frames: [4, 7] })
    expect(store.sliceOf('f', at('1.1', 4))).toBeNull()
    expect(store.sliceOf('f', at('1.1', 7))?.values[5]).toBe(1)
    expect(store.sliceOf('f', at('1.1', 1))).toBeNull()
    expect(store.fullestImage('f')).toEqual(at('1.1', 7))
  })

  it('takes a mask without slices, that lies nowhere', () => {
    const store = new MaskStore()
    const nothing = { values: new Uint8Array(), sop_instance_uids: [], frames: [] }
    store.set({ id: 'f', ...nothing, shape: [0, 3, 4] })
    expect(store.fullestImage('f')).toBeNull()
  })

  it('refuses a mask that does not have its own size', () => {
    const store = new MaskStore()
    expect(() => store.set({ ...volume('f'), shape: [2, 3, 5] })).toThrow(RangeError)
    expect(() => store.set({ ...volume('f'), sop_instance_uids: ['1.1'] })).toThrow(RangeError)
    expect(() => store.set({ ...volume('f'), frames: [1] })).toThrow(RangeError)
  })

  it('forgets a mask with all its slices', () => {
    const store = new MaskStore()
    store.set(volume('f'))
    store.sliceOf('f', at('1.2'))
    store.remove('f')
    expect(store.sliceOf('f', at('1.2'))).toBeNull()
  })
})
