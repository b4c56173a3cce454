import { cache, imageLoader, utilities, type Types } from '@cornerstonejs/core'
import { createImage } from '@cornerstonejs/dicom-image-loader'

import { PixelError, toPixelError } from './errors'
import { urlOfImageId, type FrameDescription } from './frames'
import { frameOfImageId } from './metadataProvider'
import { paletteOf } from './palette'
import type { PixelAccess } from './pixelAccess'
import { PRIORITY_VISIBLE, RequestQueue } from './requestQueue'

/** Frames in flight at once: what HTTP/1.1 browsers open to one host, less one for the app. */
const CONCURRENT_FRAMES = 5

type Image = Types.IImage
type Pixels = Int16Array | Uint16Array | Uint8Array | Float32Array

const queue = new RequestQueue<Image>(CONCURRENT_FRAMES)
const accessOfBase = new Map<string, PixelAccess>()

/** Pixels below `base_url` are read with this access from now on. */
export function setPixelAccess(base_url: string, access: PixelAccess): void {
  accessOfBase.set(base_url, access)
}

const baseOfUrl = (url: string): string => url.slice(0, url.indexOf('/instances/'))

const DEFAULT_TRANSFER_SYNTAX = '1.2.840.10008.1.2.1'

export function transferSyntaxOf(content_type: string | null): string {
  return /transfer-syntax="?([0-9.]+)"?/.exec(content_type ?? '')?.[1] ?? DEFAULT_TRANSFER_SYNTAX
}

/** The picture of a frame from the cache, or null when it has yet to come. */
export function cachedImage(image_id: string): Image | null {
  return cache.getImage(image_id) ?? null
}

/** The picture of a frame; asking again with a smaller priority number hurries it. */
export async function loadFrame(image_id: string, priority = PRIORITY_VISIBLE): Promise<Image> {
  const ready = cachedImage(image_id)
  if (ready !== null) return ready
  return queue.ask(image_id, priority, () => fetchIntoCache(image_id))
}

/**
 * Past `loadAndCacheImage`: that leaves a rejected promise behind for every frame that fails.
 * A full cache costs a second fetch, not the picture.
 */
async function fetchIntoCache(image_id: string): Promise<Image> {
  try {
    const image = await fetchAndDecode(image_id)
    const isNew = cachedImage(image_id) === null
    if (isNew && cache.isCacheable(image.sizeInBytes)) cache.putImageSync(image_id, image)
    return image
  } catch (error) {
    throw toPixelError(error)
  }
}

export function dropPrefetch(matches: (image_id: string) => boolean, from_priority: number): void {
  queue.drop(matches, from_priority)
}

async function fetchAndDecode(image_id: string): Promise<Image> {
  const frame = frameOfImageId(image_id)
  const url = urlOfImageId(image_id)
  const access = accessOfBase.get(baseOfUrl(url))
  if (frame === null || access === undefined) throw new Error('the frame is not known')
  if (isColourless(frame)) {
    throw new PixelError('not_decodable', 'the palette of the image is missing or incomplete')
  }
  const response = await access.read(url)
  const syntax = transferSyntaxOf(response.headers.get('Content-Type'))
  const bytes = new Uint8Array(await response.arrayBuffer())
  // The loader's own scaling picks its number type from the ends of the range and may round;
  // scaling here is exact.
  const image = (await createImage(image_id, bytes as never, syntax, {
    preScale: { enabled: false },
    useRGBA: false,
  } as never)) as Image
  return image.color ? image : scaledImage(image, frame)
}

/** Asked before decoding: the decoder would throw where nobody can catch it. */
const isColourless = ({ layout, dataset }: FrameDescription): boolean =>
  layout.photometric_interpretation === 'PALETTE COLOR' && paletteOf(dataset) === null

/** The image with `factor × (slope × stored + intercept)` in place of stored values. */
function scaledImage(image: Image, frame: FrameDescription): Image {
  const pixels = scaledPixels(image.getPixelData() as Pixels, frame)
  let smallest = Infinity
  let largest = -Infinity
  for (const value of pixels) {
    if (value < smallest) smallest = value
    if (value > largest) largest = value
  }
  return {
    ...image,
    dataType: pixels.constructor.name as Image['dataType'],
    slope: 1,
    intercept: 0,
    minPixelValue: smallest,
    maxPixelValue: largest,
    sizeInBytes: pixels.byteLength,
    voxelManager: utilities.VoxelManager.createImageVoxelManager({
      scalarData: pixels,
      width: image.columns,
      height: image.rows,
      numberOfComponents: 1,
    }) as never,
    getPixelData: () => pixels as never,
    // The stored values are not needed any more.
    imageFrame: { ...image.imageFrame, pixelData: pixels } as never,
  }
}

export function scaledPixels(
  stored: Pixels,
  { slope, intercept, factor }: Pick<FrameDescription, 'slope' | 'intercept' | 'factor'>,
): Pixels {
  if (slope === 1 && intercept === 0 && factor === 1) return stored
  const whole = factor === 1 && Number.isInteger(slope) && Number.isInteger(intercept)
  const scaled =
    whole && fitsInt16(stored, slope, intercept)
      ? new Int16Array(stored.length)
      : new Float32Array(stored.length)
  for (let i = 0; i < stored.length; i += 1) {
    scaled[i] = factor * (slope * (stored[i] ?? 0) + intercept)
  }
  return scaled
}

function fitsInt16(stored: Pixels, slope: number, intercept: number): boolean {
  for (const value of stored) {
    const scaled = slope * value + intercept
    if (scaled < -32768 || scaled > 32767) return false
  }
  return true
}

let registered = false

export function registerFrameLoader(): void {
  if (registered) return
  registered = true
  imageLoader.registerImageLoader('consilium', (image_id: string) => ({
    promise: fetchAndDecode(image_id).catch((error: unknown) => {
      throw toPixelError(error)
    }) as never,
  }))
}
