import type { SeriesDescription } from './frames'

/** One image of a series. */
export interface Place {
  readonly sop_instance_uid: string
  readonly frame: number
}

/** One stack of a series, at its middle. */
export interface StackNumber {
  readonly stack: number
}

/** An image, or with null a place between the slices of a series. */
export interface JumpTarget {
  readonly series_instance_uid: string
  readonly sop_instance_uid: string | null
  readonly frame: number
}

/** Index of a place in a series, or -1; without one the middle of the first stack. */
export function openingIndex(
  series: SeriesDescription,
  place?: Place | StackNumber,
): number {
  if (place !== undefined && 'sop_instance_uid' in place) {
    return series.frames.findIndex(
      (f) => f.sop_instance_uid === place.sop_instance_uid && f.frame === place.frame,
    )
  }
  const stack = place
    ? series.stacks.find(({ number }) => number === place.stack)
    : series.stacks[0]
  return stack === undefined ? -1 : stack.start + Math.floor((stack.count - 1) / 2)
}
