import type { DocumentImage } from '@/api/types'
import type { Viewer } from '@/viewer/viewer'

/** Brings an image that a document speaks of to the screen; false where it is not here. */
export async function goToImage(viewer: Viewer, image: DocumentImage): Promise<boolean> {
  const { series_instance_uid, sop_instance_uid, frame } = image
  if (series_instance_uid === null || !viewer.library.has(series_instance_uid)) return false
  await viewer.jumpTo({ series_instance_uid, sop_instance_uid, frame: frame ?? 1 }, null)
  return true
}

export const isHere = (viewer: Viewer, image: DocumentImage): boolean =>
  image.series_instance_uid !== null && viewer.library.has(image.series_instance_uid)
