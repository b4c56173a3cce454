import { FrameCache } from './decoding/frameCache'
import type { FrameImage } from './decoding/frameImage'
import { deviceProfile } from './device'
import { toPixelError } from './errors'
import { baseOfImageId } from './frames'
import { frameOfImageId } from './knownFrames'
import { isLineSlow } from './line'
import { accessOf, cachedImage, dropPrefetch, isCached, loadFrame } from './loader'
import { fetchPreview, hasPreview } from './preview'
import { PRIORITY_VISIBLE, RequestQueue } from './requestQueue'

/**
 * What is put on the screen: the frame, or on a weak machine the picture that the server draws.
 *
 * Only whoever shows asks here. Whoever computes asks `loader.ts`, which has values and nothing else.
 */
const CONCURRENT_PICTURES = 5

const queue = new RequestQueue<FrameImage>(CONCURRENT_PICTURES)
const drawn = new FrameCache(() => deviceProfile().memory_bytes)

function isDrawnByServer(image_id: string): boolean {
  if (deviceProfile().mode !== 'pictures') return false
  const frame = frameOfImageId(image_id)
  return frame !== null && hasPreview(frame)
}

export const cachedPicture = (image_id: string): FrameImage | null =>
  isDrawnByServer(image_id) ? drawn.get(image_id) : cachedImage(image_id)

/** Whether the picture is there; does not keep it there. */
export const isPictureHere = (image_id: string): boolean =>
  isDrawnByServer(image_id) ? drawn.has(image_id) : isCached(image_id)

export async function loadPicture(
  image_id: string,
  priority = PRIORITY_VISIBLE,
): Promise<FrameImage> {
  if (!isDrawnByServer(image_id)) return loadFrame(image_id, priority)
  return drawn.get(image_id) ?? queue.ask(image_id, priority, () => fetchDrawn(image_id))
}

/**
 * What is looked at. On a slow line the server's small picture comes first, marked as such, and the
 * frame takes its place: nobody waits before a dark viewport while they follow.
 */
export async function loadInSteps(image_id: string, show: (image: FrameImage) => void): Promise<void> {
  let isHere = false
  if (mayBridge(image_id)) {
    const small = drawn.get(image_id) ?? queue.ask(image_id, PRIORITY_VISIBLE, () => fetchDrawn(image_id))
    // Without it the frame is waited for, as on any line.
    void Promise.resolve(small).then(
      (image) => (isHere ? undefined : show(image)),
      () => undefined,
    )
  }
  const image = await loadPicture(image_id, PRIORITY_VISIBLE).finally(() => (isHere = true))
  show(image)
}

function mayBridge(image_id: string): boolean {
  if (isPictureHere(image_id) || deviceProfile().mode === 'pictures' || !isLineSlow()) return false
  const frame = frameOfImageId(image_id)
  return frame !== null && hasPreview(frame)
}

async function fetchDrawn(image_id: string): Promise<FrameImage> {
  try {
    const frame = frameOfImageId(image_id)
    if (frame === null) throw new Error('the frame is not known')
    const base_url = baseOfImageId(image_id)
    const image = await fetchPreview(frame, accessOf(base_url), base_url)
    drawn.put(image)
    return image
  } catch (error) {
    throw toPixelError(error)
  }
}

/** Forgets pictures of the server, so that they are drawn again. */
export function forgetDrawn(image_ids: Iterable<string>): void {
  for (const id of image_ids) drawn.forget(id)
}

export function dropPictures(matches: (image_id: string) => boolean, from_priority: number): void {
  queue.drop(matches, from_priority)
  dropPrefetch(matches, from_priority)
}
