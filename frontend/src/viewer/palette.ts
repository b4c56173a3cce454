import { numbersOf, type DicomDataset } from './dicomJson'

/** One colour of a palette (PS3.3 C.7.6.3.1.5): entries, the first stored value, bits an entry. */
interface PaletteChannel {
  readonly descriptor: readonly [number, number, number]
  readonly data: Uint8Array | Uint16Array
}

export interface Palette {
  readonly red: PaletteChannel
  readonly green: PaletteChannel
  readonly blue: PaletteChannel
}

const CHANNELS = {
  red: ['00281101', '00281201'],
  green: ['00281102', '00281202'],
  blue: ['00281103', '00281203'],
} as const

/** The palette of an image, or null when a part of it is missing or contradicts its descriptor. */
export function paletteOf(dataset: DicomDataset): Palette | null {
  const red = channelOf(dataset, ...CHANNELS.red)
  const green = channelOf(dataset, ...CHANNELS.green)
  const blue = channelOf(dataset, ...CHANNELS.blue)
  return red && green && blue ? { red, green, blue } : null
}

function channelOf(
  dataset: DicomDataset,
  descriptorTag: string,
  dataTag: string,
): PaletteChannel | null {
  const [entries, first, bits] = numbersOf(dataset, descriptorTag)
  if (entries === undefined || first === undefined || (bits !== 8 && bits !== 16)) return null
  const count = entries === 0 ? 65536 : entries
  const data = entriesOf(bytesOf(dataset, dataTag), count, bits)
  return data && { descriptor: [count, first, bits], data }
}

/** 8-bit entries come packed, or each in a word of its own; 16-bit ones little endian. */
function entriesOf(bytes: Uint8Array, count: number, bits: 8 | 16): PaletteChannel['data'] | null {
  const words = () =>
    Uint16Array.from({ length: count }, (_, i) => (bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8))
  if (bytes.length >= 2 * count) return bits === 16 ? words() : Uint8Array.from(words())
  if (bits === 8 && bytes.length >= count) return bytes.slice(0, count)
  return null
}

function bytesOf(dataset: DicomDataset, tag: string): Uint8Array {
  const element = dataset[tag]
  if (element?.InlineBinary !== undefined) {
    return Uint8Array.from(atob(element.InlineBinary), (letter) => letter.charCodeAt(0))
  }
  const words = numbersOf(dataset, tag)
  return Uint8Array.from(words.flatMap((word) => [word & 0xff, (word >> 8) & 0xff]))
}
