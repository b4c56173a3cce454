import type { ImagePlane, Vec3 } from '@/geometry'

import { brickOf, type Brick } from '../solid/brick'
import { firstSeen, type Look } from '../solid/hit'
import { brightestAlong } from './brightest'
import { samplePlane, type Slab, type Volume } from './sampling'

export interface LayerRequest {
  readonly volume: string
  readonly plane: ImagePlane
  readonly slab: Slab | null
}

export interface Ray {
  readonly volume: string
  /** A point of the ray, which reaches `length_mm` to both sides. */
  readonly through: Vec3
  readonly direction: Vec3
  readonly length_mm: number
}

/** A look into a volume, as a 3D picture shows it. */
export interface Glance {
  readonly volume: string
  readonly look: Look
}

/** Samples volumes that were handed to it. */
export interface Sampler {
  /** The volume is given away: its values are not to be read here any more. */
  hold(id: string, volume: Volume): void
  drop(id: string): void
  /** All layers of one picture together, so that they never disagree. */
  sample(layers: readonly LayerRequest[]): Promise<Float32Array[]>
  /** The point of greatest value along a ray, or null where it misses the volume. */
  brightest(ray: Ray): Promise<Vec3 | null>
  /** The volume in no more than so many voxels, for a 3D picture. */
  brick(volume: string, most: number): Promise<Brick>
  firstSeen(glance: Glance): Promise<Vec3 | null>
}

/** Samples where it is called: in the worker, and in tests. */
export class LocalSampler implements Sampler {
  private readonly volumes = new Map<string, Volume>()

  hold(id: string, volume: Volume): void {
    this.volumes.set(id, volume)
  }

  drop(id: string): void {
    this.volumes.delete(id)
  }

  async sample(layers: readonly LayerRequest[]): Promise<Float32Array[]> {
    return layers.map(({ volume, plane, slab }) =>
      samplePlane(this.get(volume), plane, slab ?? undefined),
    )
  }

  async brightest({ volume, through, direction, length_mm }: Ray): Promise<Vec3 | null> {
    return brightestAlong(this.get(volume), through, direction, length_mm)
  }

  async brick(volume: string, most: number): Promise<Brick> {
    return brickOf(this.get(volume), most)
  }

  async firstSeen({ volume, look }: Glance): Promise<Vec3 | null> {
    return firstSeen(this.get(volume), look)
  }

  private get(id: string): Volume {
    const volume = this.volumes.get(id)
    if (volume === undefined) throw new RangeError('the volume is not held any more')
    return volume
  }
}

export type Order =
  | { readonly kind: 'hold'; readonly id: string; readonly volume: Volume }
  | { readonly kind: 'drop'; readonly id: string }
  | { readonly kind: 'sample'; readonly job: number; readonly layers: readonly LayerRequest[] }
  | { readonly kind: 'brightest'; readonly job: number; readonly ray: Ray }
  | { readonly kind: 'brick'; readonly job: number; readonly volume: string; readonly most: number }
  | { readonly kind: 'firstSeen'; readonly job: number; readonly glance: Glance }

export type Answer =
  | { readonly job: number; readonly value: Float32Array[] | Vec3 | Brick | null }
  | { readonly job: number; readonly error: string }

/** Samples beside the page, so that a turning plane never holds up a hand. */
export class WorkerSampler implements Sampler {
  private readonly worker: Worker
  private readonly waiting = new Map<
    number,
    { done: (value: never) => void; failed: (error: Error) => void }
  >()
  private jobs = 0

  constructor() {
    this.worker = new Worker(new URL('./samplerWorker.ts', import.meta.url), { type: 'module' })
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const one = this.waiting.get(data.job)
      this.waiting.delete(data.job)
      if ('error' in data) one?.failed(new Error(data.error))
      else one?.done(data.value as never)
    }
    this.worker.onerror = () => {
      for (const { failed } of this.waiting.values()) failed(new Error('the sampler has failed'))
      this.waiting.clear()
    }
  }

  hold(id: string, volume: Volume): void {
    this.tell({ kind: 'hold', id, volume }, [volume.values.buffer])
  }

  drop(id: string): void {
    this.tell({ kind: 'drop', id })
  }

  sample(layers: readonly LayerRequest[]): Promise<Float32Array[]> {
    return this.ask((job) => ({ kind: 'sample', job, layers }))
  }

  brightest(ray: Ray): Promise<Vec3 | null> {
    return this.ask((job) => ({ kind: 'brightest', job, ray }))
  }

  brick(volume: string, most: number): Promise<Brick> {
    return this.ask((job) => ({ kind: 'brick', job, volume, most }))
  }

  firstSeen(glance: Glance): Promise<Vec3 | null> {
    return this.ask((job) => ({ kind: 'firstSeen', job, glance }))
  }

  private ask<Value>(order: (job: number) => Order): Promise<Value> {
    this.jobs += 1
    const job = this.jobs
    return new Promise<Value>((done, failed) => {
      this.waiting.set(job, { done, failed })
      this.tell(order(job))
    })
  }

  private tell(order: Order, moved: Transferable[] = []): void {
    this.worker.postMessage(order, moved)
  }
}

let shared: Sampler | null = null

/** One for the page: a volume is held once, however many planes show it. */
export function pageSampler(): Sampler {
  shared ??= typeof Worker === 'undefined' ? new LocalSampler() : new WorkerSampler()
  return shared
}
