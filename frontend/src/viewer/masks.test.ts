import { describe, expect, it } from 'vitest'

import { MaskStore } from './masks'

const volume = (id: string) => {
  const values = new Uint8Array(2 * 3 * 4)
  values[12 + 5] = 1
  values[12 + 6] = 1
  return { id, values, shape: [2, 3, 4] as const, sop_instance_uids: ['1.1', '1.2'] }
}

describe('mask store', () => {
  it('finds a slice by the image it lies on, never by index', () => {
    const store = new MaskStore()
    store.set(volume('f'))
    expect(store.sliceOf('f', '1.1')).toBeNull()
    expect(Array.from(store.sliceOf('f', '1.2')?.values ?? [])).toEqual([
      0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0,
    ])
    expect(store.sliceOf('f', '1.3')).toBeNull()
    expect(store.fullestImage('f')).toBe('1.2')
  })

  it('refuses a mask that does not have its own size', () => {
    const store = new MaskStore()
    expect(() => store.set({ ...volume('f'), shape: [2, 3, 5] })).toThrow(RangeError)
    expect(() => store.set({ ...volume('f'), sop_instance_uids: ['1.1'] })).toThrow(RangeError)
  })

  it('forgets a mask with all its slices', () => {
    const store = new MaskStore()
    store.set(volume('f'))
    store.sliceOf('f', '1.2')
    store.remove('f')
    expect(store.sliceOf('f', '1.2')).toBeNull()
  })
})
