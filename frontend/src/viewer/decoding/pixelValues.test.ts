import { describe, expect, it } from 'vitest'

import type { PixelLayout } from '../pixelLayout'
import { FrameCache } from './frameCache'
import type { FrameImage } from './frameImage'
import { readNative, scaledPixels, showStored, type FrameRecipe } from './pixelValues'

const layout = (parts: Partial<PixelLayout> = {}): PixelLayout => ({
  columns: 2,
  rows: 1,
  samples_per_pixel: 1,
  photometric_interpretation: 'MONOCHROME2',
  planar_configuration: 0,
  bits_allocated: 16,
  bits_stored: 16,
  pixel_representation: 0,
  ...parts,
})
const recipe = (parts: Partial<FrameRecipe> = {}): FrameRecipe => ({
  layout: layout(),
  is_float: false,
  slope: 1,
  intercept: 0,
  factor: 1,
  palette: null,
  ...parts,
})
const bytesOf = (values: ArrayBufferView): Uint8Array => new Uint8Array(values.buffer)

describe('native pixels', () => {
  it.each([
    ['signed 16', { pixel_representation: 1 }, false, Int16Array.of(-5, 300)],
    ['unsigned 16', {}, false, Uint16Array.of(65535, 1)],
    ['signed 8', { bits_allocated: 8, pixel_representation: 1 }, false, Int8Array.of(-128, 7)],
    ['one bit, unpacked', { bits_allocated: 1 }, false, Uint8Array.of(0, 1)],
    ['signed 32', { bits_allocated: 32, pixel_representation: 1 }, false, Int32Array.of(-70000, 3)],
    ['float', { bits_allocated: 32 }, true, Float32Array.of(0.25, -1.5)],
    ['double', { bits_allocated: 64 }, true, Float64Array.of(1e-9, 2)],
  ] as const)('reads %s', (_name, parts, is_float, values) => {
    // An odd start: as a part of a larger body has it.
    const body = new Uint8Array(values.byteLength + 1)
    body.set(bytesOf(values), 1)
    const read = readNative(body.subarray(1), recipe({ layout: layout(parts), is_float }))
    expect([...read]).toEqual([...values])
    expect(read.constructor).toBe(values.constructor)
  })

  it('refuses a frame that is shorter than its header says', () => {
    expect(() => readNative(new Uint8Array(3), recipe())).toThrow('3 of 4 bytes')
  })
})

describe('shown pixels', () => {
  it('keeps whole modality values whole, and their range', () => {
    const shown = showStored(Uint16Array.of(0, 2024), recipe({ intercept: -1024 }))
    expect(shown.pixels).toEqual(Int16Array.of(-1024, 1000))
    expect([shown.smallest, shown.largest]).toEqual([-1024, 1000])
  })

  it('falls back to floating point where whole numbers would not fit', () => {
    expect(scaledPixels(Uint16Array.of(65535), { slope: 1, intercept: 0, factor: 0.5 })).toEqual(
      Float32Array.of(32767.5),
    )
    expect(scaledPixels(Uint16Array.of(40000), { slope: 1, intercept: 1, factor: 1 })).toEqual(
      Float32Array.of(40001),
    )
  })

  it('brings colours of more bits and of separate planes to 8-bit RGB', () => {
    const parts = { samples_per_pixel: 3, photometric_interpretation: 'RGB' }
    const planar = recipe({ layout: layout({ ...parts, planar_configuration: 1, bits_allocated: 8 }) })
    expect(showStored(Uint8Array.of(1, 2, 3, 4, 5, 6), planar).pixels).toEqual(
      Uint8Array.of(1, 3, 5, 2, 4, 6),
    )
    const deep = recipe({ layout: layout(parts) })
    const shown = showStored(Uint16Array.of(65535, 0, 32896, 65535, 0, 0), deep)
    expect(shown.color).toBe(true)
    expect(shown.pixels).toEqual(Uint8Array.of(255, 0, 128, 255, 0, 0))
  })

  it('looks colours up in the palette, and stays at its ends beyond them', () => {
    const channel = (data: number[]) => ({
      descriptor: [2, 10, 16] as const,
      data: Uint16Array.from(data, (value) => value << 8),
    })
    const palette = { red: channel([1, 2]), green: channel([3, 4]), blue: channel([5, 6]) }
    const indexed = recipe({
      layout: layout({ photometric_interpretation: 'PALETTE COLOR', columns: 3 }),
      palette,
    })
    expect(showStored(Uint16Array.of(10, 11, 99), indexed).pixels).toEqual(
      Uint8Array.of(1, 3, 5, 2, 4, 6, 2, 4, 6),
    )
  })
})

describe('frame cache', () => {
  const image = (imageId: string, sizeInBytes: number) => ({ imageId, sizeInBytes }) as FrameImage

  it('lets go of what was used longest ago', () => {
    const cache = new FrameCache(() => 100)
    cache.put(image('a', 40))
    cache.put(image('b', 40))
    cache.get('a')
    cache.put(image('c', 40))
    expect(['a', 'b', 'c'].filter((id) => cache.has(id))).toEqual(['a', 'c'])
  })

  it('does not empty itself for a picture that cannot fit', () => {
    const cache = new FrameCache(() => 100)
    cache.put(image('a', 40))
    cache.put(image('huge', 101))
    expect(cache.has('a')).toBe(true)
    expect(cache.get('huge')).toBeNull()
  })
})
