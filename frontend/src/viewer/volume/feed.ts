import type { ImagePlane } from '@/geometry'

import type { LayerRequest, Sampler } from './sampler'

/** One picture to be sampled; equal keys mean equal values. */
export interface PlaneRequest {
  readonly key: string
  readonly plane: ImagePlane
  readonly layers: readonly LayerRequest[]
  /** Kept for the next time, as the angles of a turning projection are. */
  readonly keep: boolean
}

export interface PlaneSample {
  readonly request: PlaneRequest
  readonly values: readonly Float32Array[]
  readonly took_ms: number
  /** At full resolution: nothing finer is on its way. */
  readonly settled: boolean
}

/** What may be spent on a picture while the plane moves. */
const MOVING_MS = 30
const SETTLE_MS = 120
const COARSEST = 0.25
const FIRST_GUESS_MS_PER_ELEMENT = 4e-5
/** A turn in steps of ten degrees, and some. */
const MOST_KEPT = 40

type Make = (pixels_per_css: number) => PlaneRequest | null

/**
 * Samples for one viewport, one job at a time, the newest wish first and the others never.
 *
 * While wishes come faster than full pictures can, they are coarser; the full one follows at rest.
 */
export class PlaneFeed {
  private make: Make | null = null
  private full = 1
  private busy = false
  private changed = false
  private rushed = false
  private lastWish = -Infinity
  private timer: ReturnType<typeof setTimeout> | undefined
  private cost = FIRST_GUESS_MS_PER_ELEMENT
  private shownKey: string | null = null
  /** What was asked for before `stop` belongs to something that is not shown any more. */
  private generation = 0
  private readonly kept = new Map<string, readonly Float32Array[]>()
  private readonly sampler: Sampler
  private readonly arrived: (sample: PlaneSample) => void

  constructor(sampler: Sampler, arrived: (sample: PlaneSample) => void) {
    this.sampler = sampler
    this.arrived = arrived
  }

  want(make: Make, full: number): void {
    const now = performance.now()
    this.rushed = now - this.lastWish < SETTLE_MS
    this.lastWish = now
    this.make = make
    this.full = full
    this.changed = true
    if (!this.busy) this.next()
  }

  stop(): void {
    clearTimeout(this.timer)
    this.generation += 1
    this.make = null
    this.shownKey = null
    this.kept.clear()
  }

  private next(): void {
    clearTimeout(this.timer)
    this.changed = false
    const full = this.make?.(this.full) ?? null
    if (full === null || full.key === this.shownKey) return
    const known = this.kept.get(full.key)
    if (known !== undefined) return this.deliver(full, known, 0, true)
    const share = this.rushed ? this.shareOf(full) : 1
    if (share >= 1) return this.run(full, true)
    const coarse = this.make?.(this.full * share)
    if (coarse) this.run(coarse, coarse.key === full.key)
  }

  /** Of the resolution, what fits into a moving picture's time. */
  private shareOf({ plane, keep }: PlaneRequest): number {
    const expected = this.cost * plane.columns * plane.rows
    if (keep || expected <= MOVING_MS) return 1
    return Math.max(COARSEST, Math.sqrt(MOVING_MS / expected))
  }

  private run(request: PlaneRequest, settled: boolean): void {
    this.busy = true
    const { generation } = this
    const begun = performance.now()
    const ended = (): void => {
      this.busy = false
      if (this.changed) this.next()
    }
    this.sampler.sample(request.layers).then(
      (values) => {
        const took = performance.now() - begun
        this.cost = took / Math.max(1, request.plane.columns * request.plane.rows)
        if (generation === this.generation) {
          if (request.keep) this.remember(request.key, values)
          this.deliver(request, values, took, settled)
        }
        ended()
      },
      // The volume has gone; whoever took it away also changed what is shown.
      ended,
    )
  }

  private deliver(
    request: PlaneRequest,
    values: readonly Float32Array[],
    took_ms: number,
    settled: boolean,
  ): void {
    this.shownKey = request.key
    this.arrived({ request, values, took_ms, settled })
    if (settled) return
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.rushed = false
      if (!this.busy) this.next()
    }, SETTLE_MS)
  }

  private remember(key: string, values: readonly Float32Array[]): void {
    this.kept.set(key, values)
    const [oldest] = this.kept.keys()
    if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest)
  }
}
