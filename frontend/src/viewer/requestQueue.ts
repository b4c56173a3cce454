/** Smaller runs first. */
export const PRIORITY_VISIBLE = 0
export const PRIORITY_PREFETCH = 10

interface Waiting<Result> {
  readonly key: string
  priority: number
  order: number
  readonly run: () => Promise<Result>
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * Runs keyed work with a limit, most urgent first, newest first among the visible; asking again for a waiting key only makes it
 * more urgent.
 */
export class RequestQueue<Result> {
  private readonly waiting = new Map<string, Waiting<Result>>()
  private readonly promises = new Map<string, Promise<Result>>()
  private running = 0
  private order = 0
  private readonly limit: number

  constructor(limit: number) {
    this.limit = limit
  }

  ask(key: string, priority: number, run: () => Promise<Result>): Promise<Result> {
    const queued = this.waiting.get(key)
    if (queued !== undefined) {
      queued.priority = Math.min(queued.priority, priority)
      if (priority === PRIORITY_VISIBLE) queued.order = this.order += 1
    }
    const known = this.promises.get(key)
    if (known !== undefined) return known
    const promise = new Promise<Result>((resolve, reject) => {
      this.order += 1
      this.waiting.set(key, { key, priority, order: this.order, run, resolve, reject })
    })
    this.promises.set(key, promise)
    this.pump()
    return promise
  }

  /** Drops waiting work of at least this priority number whose key matches; running work stays. */
  drop(matches: (key: string) => boolean, from_priority: number): void {
    for (const [key, work] of this.waiting) {
      if (work.priority < from_priority || !matches(key)) continue
      this.waiting.delete(key)
      this.promises.delete(key)
      work.reject(new DOMException('no longer needed', 'AbortError'))
    }
  }

  get size(): number {
    return this.waiting.size + this.running
  }

  private pump(): void {
    while (this.running < this.limit && this.waiting.size > 0) {
      const next = this.mostUrgent()
      if (next === null) return
      this.waiting.delete(next.key)
      this.running += 1
      next
        .run()
        .then(next.resolve, next.reject)
        .finally(() => {
          this.running -= 1
          this.promises.delete(next.key)
          this.pump()
        })
    }
  }

  private mostUrgent(): Waiting<Result> | null {
    let best: Waiting<Result> | null = null
    for (const work of this.waiting.values()) {
      const wins =
        best === null ||
        work.priority < best.priority ||
        (work.priority === best.priority && comesFirst(work, best))
      if (wins) best = work
    }
    return best
  }
}

type Ranked = Pick<Waiting<never>, 'priority' | 'order'>

/**
 * Of what is looked at, the newest first: whoever scrolls faster than pictures come skips some and
 * never lags behind. Of everything else, the oldest.
 */
const comesFirst = (one: Ranked, other: Ranked): boolean =>
  one.priority === PRIORITY_VISIBLE ? one.order > other.order : one.order < other.order

/** All indices of a stack, nearest to `centre` first, ahead before behind. */
export function middleOut(count: number, centre: number): number[] {
  const order: number[] = []
  for (let reach = 0; reach < count; reach += 1) {
    const ahead = centre + reach
    const behind = centre - reach
    if (ahead >= 0 && ahead < count) order.push(ahead)
    if (reach > 0 && behind >= 0 && behind < count) order.push(behind)
    if (ahead >= count && behind < 0) break
  }
  return order
}
