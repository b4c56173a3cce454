import { distanceToPlane_mm, type ImagePlane } from '@/geometry'

import type { FrameDescription } from '../frames'

/** Longer than any sampling takes: then the picture comes without, and the viewport says so. */
export const PATIENCE_MS = 250
const SAME_PLANE_MM = 1e-3

interface Coming {
  readonly frame: FrameDescription
  readonly show: () => void
}

/** Whether a sampled plane lies on an image. */
export const liesOn = (plane: ImagePlane, image: ImagePlane | null): boolean =>
  image !== null && Math.abs(distanceToPlane_mm(image, plane.origin_lps)) < SAME_PLANE_MM

/**
 * Images that wait for the colours laid over them, so that both are on the screen with the same
 * paint. While a hand scrolls faster than planes are sampled, those that were sampled are shown.
 */
export class Together {
  private coming: Coming[] = []
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly gaveUp: () => void

  constructor(gaveUp: () => void) {
    this.gaveUp = gaveUp
  }

  /** The image that is wanted next; null while the one on the screen is. */
  get next(): FrameDescription | null {
    return this.coming[this.coming.length - 1]?.frame ?? null
  }

  wait(frame: FrameDescription, show: () => void): void {
    this.coming.push({ frame, show })
    if (this.timer === undefined) this.beginWaiting()
  }

  /** Counted from the first that waits: who scrolls without a rest is not left without pictures. */
  private beginWaiting(): void {
    this.timer = setTimeout(() => {
      this.flush()
      this.gaveUp()
    }, PATIENCE_MS)
  }

  private endWaiting(): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }

  /** The image that lies on a plane that has been sampled, if it waits for it. */
  arrived(plane: ImagePlane): void {
    const at = this.coming.findLastIndex(({ frame }) => liesOn(plane, frame.plane_lps))
    const found = this.coming[at]
    if (found === undefined) return
    this.coming = this.coming.slice(at + 1)
    this.endWaiting()
    if (this.coming.length > 0) this.beginWaiting()
    found.show()
  }

  /** There is nothing to wait for any more. */
  flush(): void {
    const last = this.coming[this.coming.length - 1]
    this.discard()
    last?.show()
  }

  /** They belong to what is not shown any more. */
  discard(): void {
    this.endWaiting()
    this.coming = []
  }
}
