import type { Vec2 } from '@/geometry'

/** A finger that rests this long points. */
const HOLD_MS = 450
/** Nobody holds a finger quite still. */
const STILL_PX = 8

/** A finger that rests points, and a ring round it shows where, since the finger hides the place. */
export class LongPress {
  private timer: ReturnType<typeof setTimeout> | undefined
  private start: Vec2 = [0, 0]
  private ring: HTMLElement | null = null
  private readonly element: HTMLElement
  private readonly onHold: (at: Vec2) => boolean

  /** `onHold` says whether it takes the gesture. */
  constructor(element: HTMLElement, onHold: (at: Vec2) => boolean) {
    this.element = element
    this.onHold = onHold
  }

  down(at: Vec2): void {
    this.end()
    this.start = at
    this.timer = setTimeout(() => {
      if (!this.onHold(this.start)) return
      this.ring = document.createElement('div')
      this.ring.className = 'vw-finger'
      this.element.append(this.ring)
      this.place(this.start)
    }, HOLD_MS)
  }

  move(at: Vec2): void {
    const moved_px = Math.hypot(at[0] - this.start[0], at[1] - this.start[1])
    if (this.ring !== null) this.place(at)
    else if (moved_px > STILL_PX) clearTimeout(this.timer)
  }

  end(): void {
    clearTimeout(this.timer)
    this.ring?.remove()
    this.ring = null
  }

  private place([x, y]: Vec2): void {
    if (this.ring === null) return
    this.ring.style.left = `${x}px`
    this.ring.style.top = `${y}px`
  }
}
