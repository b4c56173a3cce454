import type { Palette } from '../palette'
import type { PixelLayout } from '../pixelLayout'

export type StoredPixels =
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>

/** `shown = factor × (slope × stored + intercept)`. */
export interface ModalityScale {
  readonly slope: number
  readonly intercept: number
  readonly factor: number
  /** Stored values beyond these stand for nothing. */
  readonly mapped?: { readonly first: number; readonly last: number } | null
}

/** Everything but the bytes that a picture depends on. */
export interface FrameRecipe extends ModalityScale {
  readonly layout: PixelLayout
  /** Float Pixel Data: stored values are floating point (PS3.3 C.7.6.24). */
  readonly is_float: boolean
  readonly palette: Palette | null
}

/** Decoded pixels and the range of their values. */
export interface FramePixels {
  readonly pixels: StoredPixels
  readonly color: boolean
  readonly smallest: number
  readonly largest: number
}

/** Values of Explicit VR Little Endian pixels, on a machine that is little endian as all are. */
export function readNative(bytes: Uint8Array, { layout, is_float }: FrameRecipe): StoredPixels {
  const { bits_allocated, pixel_representation } = layout
  const count = layout.columns * layout.rows * layout.samples_per_pixel
  const size = (count * Math.max(8, bits_allocated)) / 8
  if (bytes.byteLength < size) {
    throw new RangeError(`the frame has ${bytes.byteLength} of ${size} bytes`)
  }
  // A copy of its own starts where numbers may start.
  const buffer = bytes.slice(0, size).buffer
  if (is_float) return bits_allocated === 64 ? new Float64Array(buffer) : new Float32Array(buffer)
  const signed = pixel_representation === 1
  if (bits_allocated <= 8) return signed ? new Int8Array(buffer) : new Uint8Array(buffer)
  if (bits_allocated <= 16) return signed ? new Int16Array(buffer) : new Uint16Array(buffer)
  if (bits_allocated === 32) return signed ? new Int32Array(buffer) : new Uint32Array(buffer)
  throw new RangeError(`${bits_allocated} bits a sample are not known`)
}

/** The picture of stored values: colours as 8-bit RGB, everything else as modality values. */
export function showStored(stored: StoredPixels, recipe: FrameRecipe): FramePixels {
  const { layout, palette } = recipe
  if (layout.photometric_interpretation === 'PALETTE COLOR') {
    if (palette === null) throw new RangeError('the palette is missing or incomplete')
    return { pixels: applyPalette(stored, palette), color: true, smallest: 0, largest: 255 }
  }
  if (layout.samples_per_pixel > 1) {
    return { pixels: toEightBits(stored, layout), color: true, smallest: 0, largest: 255 }
  }
  const pixels = scaledPixels(stored, recipe)
  let smallest = Infinity
  let largest = -Infinity
  for (let i = 0; i < pixels.length; i += 1) {
    const value = pixels[i] as number
    if (value < smallest) smallest = value
    if (value > largest) largest = value
  }
  return { pixels, color: false, smallest, largest }
}

export function scaledPixels(
  stored: StoredPixels,
  { slope, intercept, factor, mapped }: ModalityScale,
): StoredPixels {
  if (mapped) {
    const { first, last } = mapped
    return Float32Array.from(stored, (value) =>
      value >= first && value <= last ? factor * (slope * value + intercept) : NaN,
    )
  }
  if (slope === 1 && intercept === 0 && factor === 1) return stored
  const whole = factor === 1 && Number.isInteger(slope) && Number.isInteger(intercept)
  const scaled =
    whole && fitsInt16(stored, slope, intercept)
      ? new Int16Array(stored.length)
      : new Float32Array(stored.length)
  for (let i = 0; i < stored.length; i += 1) {
    scaled[i] = factor * (slope * (stored[i] as number) + intercept)
  }
  return scaled
}

function fitsInt16(stored: StoredPixels, slope: number, intercept: number): boolean {
  for (let i = 0; i < stored.length; i += 1) {
    const scaled = slope * (stored[i] as number) + intercept
    if (!(scaled >= -32768 && scaled <= 32767)) return false
  }
  return true
}

/** Samples of more than eight bits lose their low bits; a screen shows no more. */
function toEightBits(stored: StoredPixels, layout: PixelLayout): Uint8Array<ArrayBuffer> {
  const interleaved = layout.planar_configuration === 1 ? interleave(stored, layout) : stored
  if (interleaved instanceof Uint8Array) return interleaved
  const gain = 255 / (2 ** layout.bits_stored - 1)
  return Uint8Array.from(interleaved, (value) => Math.min(255, Math.max(0, Math.round(value * gain))))
}

function interleave(stored: StoredPixels, { columns, rows, samples_per_pixel }: PixelLayout): StoredPixels {
  const count = columns * rows
  const result = stored.slice() as StoredPixels
  for (let sample = 0; sample < samples_per_pixel; sample += 1) {
    for (let i = 0; i < count; i += 1) {
      result[i * samples_per_pixel + sample] = stored[sample * count + i] as number
    }
  }
  return result
}

/** PS3.3 C.7.6.3.1.5: values before the first entry show the first, beyond the last the last. */
function applyPalette(stored: StoredPixels, palette: Palette): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(stored.length * 3)
  const channels = [palette.red, palette.green, palette.blue]
  channels.forEach(({ descriptor: [count, first, bits], data }, channel) => {
    const shift = bits === 16 ? 8 : 0
    for (let i = 0; i < stored.length; i += 1) {
      const at = Math.min(count - 1, Math.max(0, (stored[i] as number) - first))
      result[i * 3 + channel] = (data[at] as number) >> shift
    }
  })
  return result
}
