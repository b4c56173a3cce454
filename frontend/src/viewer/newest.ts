/**
 * Hands over the newest of values that come faster than they can be shown; never a queue.
 *
 * A value that comes while nothing is being shown is shown at once. Those that come meanwhile
 * replace each other, and the last of them follows as soon as the former one is on the screen.
 */
export class Newest<Value> {
  private waiting: { readonly value: Value } | null = null
  private busy = false
  private turn = 0
  private readonly show: (value: Value) => void
  private readonly afterShown: (then: () => void) => void

  /** `afterShown` calls back once what was shown last can be seen. */
  constructor(show: (value: Value) => void, afterShown: (then: () => void) => void) {
    this.show = show
    this.afterShown = afterShown
  }

  offer(value: Value): void {
    this.waiting = { value }
    if (!this.busy) this.next()
  }

  /** What waits is not shown any more, and nobody is waited for. */
  discard(): void {
    this.turn += 1
    this.waiting = null
    this.busy = false
  }

  private next(): void {
    const found = this.waiting
    if (found === null) return
    this.waiting = null
    this.busy = true
    const { turn } = this
    this.show(found.value)
    this.afterShown(() => {
      if (turn !== this.turn) return
      this.busy = false
      this.next()
    })
  }
}

/** Longer than a picture takes, wherever it comes from: one that does not come holds up nothing. */
export const LONGEST_WAIT_MS = 600

/**
 * Calls back when `isShown`, or after a while, once it is painted. Messages that arrived while the
 * picture was made are heard first: what follows is the newest of them.
 */
export function oncePainted(isShown: () => boolean, then: () => void): void {
  const since = performance.now()
  const look = (): void => {
    const enough = isShown() || performance.now() - since >= LONGEST_WAIT_MS
    if (enough) setTimeout(then)
    else onNextPaint(look)
  }
  onNextPaint(look)
}

/** A page that nobody sees is not painted; it is looked after all the same. */
const onNextPaint = (look: () => void): void => {
  if (document.visibilityState === 'hidden') setTimeout(look, 50)
  else requestAnimationFrame(look)
}
