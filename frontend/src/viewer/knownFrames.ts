import type { FrameDescription, SeriesDescription } from './frames'

export interface KnownFrame {
  readonly frame: FrameDescription
  readonly series: SeriesDescription
}

const known = new Map<string, KnownFrame>()

/** From now on the frames of a series are found by their image id. */
export function registerFrames(series: SeriesDescription): void {
  for (const frame of series.frames) known.set(frame.image_id, { frame, series })
}

export const knownFrame = (image_id: string): KnownFrame | null => known.get(image_id) ?? null

export const frameOfImageId = (image_id: string): FrameDescription | null =>
  known.get(image_id)?.frame ?? null
