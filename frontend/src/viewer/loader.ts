import { decoders } from './decoding/decoderPool'
import { FrameCache } from './decoding/frameCache'
import { frameImageOf, type FrameImage } from './decoding/frameImage'
import type { FramePixels } from './decoding/pixelValues'
import { deviceProfile } from './device'
import { PixelError, toPixelError } from './errors'
import { baseOfImageId, imageIdOf, urlOfImageId, type FrameDescription } from './frames'
import { frameOfImageId } from './knownFrames'
import { readCounted } from './line'
import { paletteOf } from './palette'
import type { PixelAccess } from './pixelAccess'
import { PRIORITY_VISIBLE, RequestQueue } from './requestQueue'
import { composeRegion } from './wholeSlide'

/** Frames in flight at once: what HTTP/1.1 browsers open to one host, less one for the app. */
const CONCURRENT_FRAMES = 5

const queue = new RequestQueue<FrameImage>(CONCURRENT_FRAMES)
const cache = new FrameCache(() => deviceProfile().memory_bytes)
const accessOfBase = new Map<string, PixelAccess>()

/** Pixels below `base_url` are read with this access from now on. */
export function setPixelAccess(base_url: string, access: PixelAccess): void {
  accessOfBase.set(base_url, access)
}

/** How what lies below `base_url` is read. */
export function accessOf(base_url: string): PixelAccess {
  const access = accessOfBase.get(base_url)
  if (access === undefined) throw new Error('the series was not opened')
  return access
}

const DEFAULT_TRANSFER_SYNTAX = '1.2.840.10008.1.2.1'

export function transferSyntaxOf(content_type: string | null): string {
  return /transfer-syntax="?([0-9.]+)"?/.exec(content_type ?? '')?.[1] ?? DEFAULT_TRANSFER_SYNTAX
}

/** The picture of a frame from the cache, or null when it has yet to come. */
export const cachedImage = (image_id: string): FrameImage | null => cache.get(image_id)

/** Whether the picture is there; does not keep it there. */
export const isCached = (image_id: string): boolean => cache.has(image_id)

/** The picture of a frame; asking again with a smaller priority number hurries it. */
export async function loadFrame(
  image_id: string,
  priority = PRIORITY_VISIBLE,
): Promise<FrameImage> {
  const ready = cachedImage(image_id)
  if (ready !== null) return ready
  return queue.ask(image_id, priority, () => fetchIntoCache(image_id))
}

/** A picture larger than the cache costs a second fetch, not the picture. */
async function fetchIntoCache(image_id: string): Promise<FrameImage> {
  try {
    const image = await fetchAndDecode(image_id)
    cache.put(image)
    return image
  } catch (error) {
    throw toPixelError(error)
  }
}

export function dropPrefetch(matches: (image_id: string) => boolean, from_priority: number): void {
  queue.drop(matches, from_priority)
}

async function fetchAndDecode(image_id: string): Promise<FrameImage> {
  const frame = frameOfImageId(image_id)
  if (frame === null) throw new Error('the frame is not known')
  const { layout, slide } = frame
  const base_url = baseOfImageId(image_id)
  const { pixels, color, smallest, largest } =
    slide?.kind === 'region'
      ? await composeRegion(slide.region, CONCURRENT_FRAMES, (number) =>
          fetchPixels(imageIdOf(base_url, frame.sop_instance_uid, number), tileOf(frame)),
        )
      : await fetchPixels(image_id, frame)
  return frameImageOf(image_id, layout, pixels, color, [smallest, largest])
}

/** How a tile of a region is decoded: as the region, but of its own size. */
function tileOf(frame: FrameDescription): FrameDescription {
  if (frame.slide?.kind !== 'region') return frame
  const { tile_columns: columns, tile_rows: rows } = frame.slide.region
  return { ...frame, layout: { ...frame.layout, columns, rows } }
}

async function fetchPixels(image_id: string, frame: FrameDescription): Promise<FramePixels> {
  const access = accessOf(baseOfImageId(image_id))
  const { layout, slope, intercept, factor, mapped, is_float } = frame
  const isPalette = layout.photometric_interpretation === 'PALETTE COLOR'
  const palette = isPalette ? paletteOf(frame.dataset) : null
  if (isPalette && palette === null) {
    throw new PixelError('not_decodable', 'the palette of the image is missing or incomplete')
  }
  const { response, body } = await readCounted(access.read(urlOfImageId(image_id)))
  const syntax = transferSyntaxOf(response.headers.get('Content-Type'))
  const recipe = { layout, is_float, slope, intercept, factor, mapped, palette }
  return decoders.decode(new Uint8Array(body), syntax, recipe)
}
