import { frameImageOf, type FrameImage } from './decoding/frameImage'
import type { StoredPixels } from './decoding/pixelValues'
import { PixelError } from './errors'
import { urlOfImageId, type FrameDescription } from './frames'
import type { PixelAccess } from './pixelAccess'
import type { VoiRange } from './voi'

/** Names the stored values that are black and white in the answer. */
const RANGE_HEADER = 'X-Consilium-Range'
/** At this many times the width of the window, 255 greys are too few for it. */
const WIDEST = 4
/** Of the window's width, what is asked for beyond each of its ends. */
const MARGIN = 0.5

const rangeOfImage = new WeakMap<FrameImage, VoiRange | 'colour'>()
const wishes = new Map<string, VoiRange>()

/** Pictures of 8 bits that the server drew. Their values are about right, and no measurement's. */
export const isPreview = (image: FrameImage | null): boolean => image !== null && rangeOfImage.has(image)

/** Stored values of more bits, or of floating point, have no range of whole numbers. */
export const hasPreview = ({ layout, slide }: FrameDescription): boolean =>
  // The server draws frames; a level of a slide is put together here.
  layout.bits_allocated <= 16 && layout.columns > 0 && slide?.kind !== 'region'

/** From now on the pictures of a series are asked for around this window. */
export function wishWindow(base_url: string, voi: VoiRange): void {
  const margin = (voi.upper - voi.lower) * MARGIN
  wishes.set(base_url, { lower: voi.lower - margin, upper: voi.upper + margin })
}

/** Whether a window can be shown from this picture, or the server has to draw another one. */
export function isCovered(image: FrameImage, voi: VoiRange): boolean {
  const range = rangeOfImage.get(image)
  if (range === undefined || range === 'colour') return true
  const width = voi.upper - voi.lower
  const isInside = voi.lower >= range.lower && voi.upper <= range.upper
  return isInside && range.upper - range.lower <= width * WIDEST
}

/** The modality value of the nearest pixel; null outside, in colour, and where JPEG changed it. */
export function pixelValue(image: FrameImage | null, column: number, row: number): number | null {
  const [x, y] = [Math.round(column), Math.round(row)]
  if (image === null || image.color || isPreview(image)) return null
  if (x < 0 || y < 0 || x >= image.columns || y >= image.rows) return null
  const value = image.getPixelData()[y * image.columns + x] ?? NaN
  return Number.isNaN(value) ? null : value
}

type Scale = Pick<FrameDescription, 'slope' | 'intercept' | 'factor'>

/** `factor × (slope × stored + intercept)`. */
export const valueOf = (stored: number, { slope, intercept, factor }: Scale): number =>
  factor * (slope * stored + intercept)

/** The stored values of a range of shown values, whole numbers, outwards. */
export function storedRange({ lower, upper }: VoiRange, scale: Scale): [number, number] {
  const ends = [lower, upper].map((value) => (value / scale.factor - scale.intercept) / scale.slope)
  const low = Math.floor(Math.min(...ends))
  return [low, Math.max(low + 1, Math.ceil(Math.max(...ends)))]
}

/** Reads a frame as the picture that the server draws of it. */
export async function fetchPreview(
  frame: FrameDescription,
  access: PixelAccess,
  base_url: string,
): Promise<FrameImage> {
  const wish = wishes.get(base_url)
  const name = wish === undefined ? 'auto' : storedRange(wish, frame).join(',')
  const answer = await access.read(`${urlOfImageId(frame.image_id)}/preview/${name}`)
  const told = answer.headers.get(RANGE_HEADER) ?? ''
  const greys = await pixelsOf(await answer.blob())
  if (told === 'colour') return colourImage(frame, greys)
  const [low, high] = told.split(',').map(Number)
  if (low === undefined || high === undefined || !(high > low)) {
    throw new PixelError('server', 'The server did not say what its picture shows.')
  }
  return greyImage(frame, greys, valueOf(low, frame), valueOf(high, frame))
}

/** RGBA of the picture, decoded by the browser itself. */
async function pixelsOf(blob: Blob): Promise<ImageData> {
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none' }).catch(() => null)
  if (bitmap === null) throw new PixelError('not_decodable', 'The picture cannot be decoded.')
  const canvas = document.createElement('canvas')
  canvas.width = bitmap.width
  canvas.height = bitmap.height
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) throw new PixelError('not_decodable', 'this browser has no 2D canvas')
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  return context.getImageData(0, 0, canvas.width, canvas.height)
}

/** Values read back from greys: black and white are the ends of what was asked for. */
export function valuesOf(rgba: ArrayLike<number>, black: number, white: number): Int16Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
  const count = rgba.length / 4
  const step = (white - black) / 255
  const isWhole = Math.abs(step) >= 1 && Math.max(Math.abs(black), Math.abs(white)) < 32767
  const values = isWhole ? new Int16Array(count) : new Float32Array(count)
  for (let i = 0; i < count; i += 1) {
    const value = black + (rgba[i * 4] ?? 0) * step
    values[i] = isWhole ? Math.round(value) : value
  }
  return values
}

function greyImage(frame: FrameDescription, greys: ImageData, black: number, white: number): FrameImage {
  const pixels = valuesOf(greys.data, black, white)
  const image = imageOf(frame, greys, pixels, false)
  const [lower, upper] = [Math.min(black, white), Math.max(black, white)]
  rangeOfImage.set(image, { lower, upper })
  return image
}

function colourImage(frame: FrameDescription, picture: ImageData): FrameImage {
  const count = picture.width * picture.height
  const pixels = new Uint8Array(count * 3)
  for (let i = 0; i < count; i += 1) {
    for (let c = 0; c < 3; c += 1) pixels[i * 3 + c] = picture.data[i * 4 + c] ?? 0
  }
  const image = imageOf(frame, picture, pixels, true)
  rangeOfImage.set(image, 'colour')
  return image
}

function imageOf(
  frame: FrameDescription,
  { width, height }: ImageData,
  pixels: StoredPixels,
  color: boolean,
): FrameImage {
  const { columns, rows } = frame.layout
  if (columns !== width || rows !== height) {
    throw new PixelError('server', 'The picture has another size than the image.')
  }
  let [smallest, largest] = [Infinity, -Infinity]
  for (const value of pixels) {
    if (value < smallest) smallest = value
    if (value > largest) largest = value
  }
  return frameImageOf(frame.image_id, { columns, rows }, pixels, color, [smallest, largest])
}
