import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { cameraPlane } from '@/geometry'

import { PlaneFeed, type PlaneRequest, type PlaneSample } from './feed'
import type { LayerRequest, Sampler } from './sampler'

/** Answers when it is told to, and counts what it was asked. */
class SlowSampler implements Sampler {
  readonly asked: (readonly LayerRequest[])[] = []
  private readonly open: (() => void)[] = []

  hold(): void {}
  drop(): void {}
  brightest(): Promise<null> {
    return Promise.resolve(null)
  }
  brick(): Promise<never> {
    return Promise.reject(new Error('not asked for'))
  }
  firstSeen(): Promise<null> {
    return Promise.resolve(null)
  }
  sample(layers: readonly LayerRequest[]): Promise<Float32Array[]> {
    this.asked.push(layers)
    return new Promise((done) => this.open.push(() => done(layers.map(() => new Float32Array(1)))))
  }
  async answer(): Promise<void> {
    this.open.shift()?.()
    await Promise.resolve()
    await Promise.resolve()
  }
}

const camera = {
  focal_point_lps: [0, 0, 0],
  view_up: [0, -1, 0],
  view_plane_normal: [0, 0, -1],
  fit_mm: 100,
  flip_horizontal: false,
  flip_vertical: false,
} as const

const at = (z: number, keep = false) => (pixels: number): PlaneRequest => {
  const focal_point_lps = [0, 0, z] as const
  const plane = cameraPlane({ ...camera, focal_point_lps }, { width: 1000, height: 1000 }, pixels)
  const layers = [{ volume: 'v', plane, slab: null }]
  return { key: JSON.stringify(layers), plane, layers, keep }
}

describe('PlaneFeed', () => {
  let sampler: SlowSampler
  let shown: PlaneSample[]
  let feed: PlaneFeed
  const places = () => shown.map(({ request }) => request.plane.origin_lps[2])
  beforeEach(() => {
    vi.useFakeTimers()
    sampler = new SlowSampler()
    shown = []
    feed = new PlaneFeed(sampler, (sample) => shown.push(sample))
  })
  afterEach(() => vi.useRealTimers())

  it('has one job at a time and goes on with the newest wish, never with those between', async () => {
    for (const z of [1, 2, 3, 4]) feed.want(at(z), 1)
    expect(sampler.asked).toHaveLength(1)
    await sampler.answer()
    expect(sampler.asked).toHaveLength(2)
    await sampler.answer()
    expect(places()).toEqual([1, 4])
  })

  it('is coarser while wishes come fast and pictures do not, and full at rest', async () => {
    feed.want(at(1), 1)
    vi.advanceTimersByTime(100)
    await sampler.answer() // 100 ms for a full plane: too slow to move with
    feed.want(at(2), 1)
    await sampler.answer()
    expect(shown.map(({ settled }) => settled)).toEqual([true, false])
    expect(shown[1]?.request.plane.columns).toBeLessThan(600)
    vi.advanceTimersByTime(150)
    await sampler.answer()
    expect(shown[2]?.settled).toBe(true)
    expect(shown[2]?.request.plane.columns).toBe(1000)
  })

  it('asks nothing when only the window has changed', async () => {
    feed.want(at(1), 1)
    await sampler.answer()
    feed.want(at(1), 1)
    expect(sampler.asked).toHaveLength(1)
  })

  it('computes each angle of a turn once', async () => {
    for (const z of [1, 2, 1, 2]) {
      feed.want(at(z, true), 1)
      await sampler.answer()
    }
    expect(sampler.asked).toHaveLength(2)
    expect(places()).toEqual([1, 2, 1, 2])
  })

  it('delivers nothing of a volume that is not shown any more', async () => {
    feed.want(at(1), 1)
    feed.stop()
    feed.want(at(2), 1)
    await sampler.answer()
    await sampler.answer()
    expect(places()).toEqual([2])
  })
})
