import { deviceProfile } from './device'
import type { SeriesDescription } from './frames'
import { dropPictures, isPictureHere, loadPicture } from './pictures'
import { middleOut, PRIORITY_PREFETCH } from './requestQueue'
import { Signal } from './signal'
import { stackAt, type StackDescription } from './stacks'

/** Of the image cache, what prefetching one series may fill, and all viewports together. */
const SERIES_SHARE = 0.4
const SCREEN_SHARE = 0.8
const SETTLE_MS = 120
/** A page that never rests prefetches all the same. */
const IDLE_AT_MOST_MS = 500

/** Once the page has painted what it had to. Safari has no such call. */
const whenIdle: (work: () => void) => void =
  typeof requestIdleCallback === 'function'
    ? (work) => void requestIdleCallback(work, { timeout: IDLE_AT_MOST_MS })
    : (work) => void setTimeout(work, SETTLE_MS)

/**
 * Loads the rest of the visible stack from the visible slice outwards, then the other stacks.
 * A frame waits by its distance from what is looked at, so that viewports take turns.
 */
export class Prefetcher {
  /** A frame arrived: progress may be read again. */
  readonly progressed = new Signal()
  private readonly timers = new Map<object, ReturnType<typeof setTimeout>>()
  private readonly wanted = new Map<object, SeriesDescription>()

  /** `owner` is the viewport; its newest wish replaces the former. */
  wish(owner: object, series: SeriesDescription, index: number): void {
    clearTimeout(this.timers.get(owner))
    this.giveUp(owner, series)
    this.wanted.set(owner, series)
    const timer = setTimeout(
      () =>
        whenIdle(() => {
          if (this.timers.get(owner) === timer) this.queue(series, index)
        }),
      SETTLE_MS,
    )
    this.timers.set(owner, timer)
  }

  stop(owner: object): void {
    clearTimeout(this.timers.get(owner))
    this.timers.delete(owner)
    this.giveUp(owner, null)
  }

  /** What no viewport shows any more waits no longer before what one does. */
  private giveUp(owner: object, next: SeriesDescription | null): void {
    const before = this.wanted.get(owner)
    if (before === undefined || before === next) return
    this.wanted.delete(owner)
    if ([...this.wanted.values()].includes(before)) return
    const ids = new Set(before.frames.map((frame) => frame.image_id))
    dropPictures((id) => ids.has(id), PRIORITY_PREFETCH)
  }

  private queue(series: SeriesDescription, index: number): void {
    const ids = new Set(series.frames.map((frame) => frame.image_id))
    dropPictures((id) => ids.has(id), PRIORITY_PREFETCH)
    const { memory_bytes } = deviceProfile()
    const share = SCREEN_SHARE / Math.max(1, this.wanted.size)
    let budget = memory_bytes * Math.min(SERIES_SHARE, share)
    stackFirst(series, index).forEach((position, rank) => {
      const frame = series.frames[position]
      if (frame === undefined) return
      budget -= frame.layout.columns * frame.layout.rows * 4
      if (budget < 0 || isPictureHere(frame.image_id)) return
      loadPicture(frame.image_id, PRIORITY_PREFETCH + rank).then(
        () => this.progressed.emit(),
        () => undefined,
      )
    })
  }
}

function stackFirst(series: SeriesDescription, index: number): number[] {
  const stack = stackAt(series.stacks, index)
  const all = middleOut(series.frames.length, index)
  if (stack === null || stack.count === series.frames.length) return all
  const isInside = (at: number): boolean => at >= stack.start && at < stack.start + stack.count
  return [...all.filter(isInside), ...all.filter((at) => !isInside(at))]
}

/** How many pictures of a stack are ready to show. */
export function loadedCount(series: SeriesDescription, stack: StackDescription | null): number {
  const frames = stack ? series.frames.slice(stack.start, stack.start + stack.count) : series.frames
  return frames.reduce((sum, frame) => sum + (isPictureHere(frame.image_id) ? 1 : 0), 0)
}
