import type { KeyImageBody } from '@/protocol/generated'
import type { Viewer } from '@/viewer/viewer'

/** An image to mark. */
export type KeyPlace = Pick<
  KeyImageBody,
  'study_instance_uid' | 'series_instance_uid' | 'sop_instance_uid' | 'frame'
>

/** Where key images come from and go to: REST alone, or the live room's ops. */
export interface KeyImageStore {
  readonly items: readonly KeyImageBody[]
  /** Null when this person may not mark. */
  readonly write: {
    add(place: KeyPlace): void
    remove(id: string): void
  } | null
}

export const isSameImage = (
  a: Pick<KeyPlace, 'sop_instance_uid' | 'frame'>,
  b: Pick<KeyPlace, 'sop_instance_uid' | 'frame'>,
): boolean => a.sop_instance_uid === b.sop_instance_uid && a.frame === b.frame

/** The image in the active viewport; null where no single image is shown. */
export function shownPlace(viewer: Viewer): KeyPlace | null {
  const { activeView } = viewer
  const series = activeView?.state.series
  const frame = activeView?.shownFrame
  if (!series || !frame) return null
  return {
    study_instance_uid: series.study_instance_uid,
    series_instance_uid: series.series_instance_uid,
    sop_instance_uid: frame.sop_instance_uid,
    frame: frame.frame,
  }
}

/** Marks the shown image, or takes its mark away. */
export function toggleKeyImage(viewer: Viewer, store: KeyImageStore): void {
  const place = shownPlace(viewer)
  if (place === null || store.write === null) return
  const known = store.items.find((item) => isSameImage(item, place))
  if (known) store.write.remove(known.id)
  else store.write.add(place)
}
