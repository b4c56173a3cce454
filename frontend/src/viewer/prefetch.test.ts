import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { SeriesDescription } from './frames'
import { Prefetcher } from './prefetch'
import { PRIORITY_PREFETCH } from './requestQueue'

const asked: { id: string; priority: number }[] = []
const dropped: ((id: string) => boolean)[] = []
const machine = { mode: 'volume', memory_bytes: 1024 * 1024 * 1024 }
vi.mock('./device', () => ({ deviceProfile: () => machine }))
vi.mock('./loader', () => ({
  isCached: () => false,
  loadFrame: (id: string, priority: number) => {
    asked.push({ id, priority })
    return new Promise(() => undefined)
  },
  dropPrefetch: (matches: (id: string) => boolean) => dropped.push(matches),
}))

const series = (name: string, count: number, pixels = 16): SeriesDescription =>
  ({
    stacks: [{ number: 1, start: 0, count }],
    frames: Array.from({ length: count }, (_, at) => ({
      image_id: `${name}${at}`,
      layout: { columns: pixels, rows: pixels },
    })),
  }) as unknown as SeriesDescription

beforeEach(() => {
  asked.length = 0
  dropped.length = 0
  vi.useFakeTimers()
  vi.stubGlobal('requestIdleCallback', undefined)
})

const rest = (): void => void vi.advanceTimersByTime(2_000)

describe('prefetching', () => {
  it('goes outwards from what is looked at, and lets viewports take turns', () => {
    const prefetcher = new Prefetcher()
    prefetcher.wish({}, series('a', 7), 3)
    prefetcher.wish({}, series('b', 5), 0)
    rest()
    const inOrder = asked
      .map((one, order) => ({ ...one, order }))
      .sort((x, y) => x.priority - y.priority || x.order - y.order)
      .map(({ id }) => id)
    expect(inOrder.slice(0, 6)).toEqual(['a3', 'b0', 'a4', 'b1', 'a2', 'b2'])
    expect(Math.min(...asked.map(({ priority }) => priority))).toBe(PRIORITY_PREFETCH)
  })

  it('gives up what no viewport shows any more, not what another one shows', () => {
    const prefetcher = new Prefetcher()
    const [one, other, shared] = [{}, {}, series('a', 3)]
    prefetcher.wish(one, shared, 0)
    prefetcher.wish(other, shared, 0)
    prefetcher.stop(one)
    expect(dropped).toEqual([])
    prefetcher.wish(other, series('b', 3), 0)
    expect(dropped.some((matches) => matches('a1'))).toBe(true)
  })

  it('shares the cache among the viewports', () => {
    const prefetcher = new Prefetcher()
    // 64 MiB a picture: 40 % of 1 GiB are six of them; of four viewports each has a fifth, three.
    for (const name of ['a', 'b', 'c', 'd']) prefetcher.wish({}, series(name, 9, 4096), 0)
    rest()
    expect(asked.filter(({ id }) => id.startsWith('a')).length).toBe(3)
    asked.length = 0
    new Prefetcher().wish({}, series('e', 9, 4096), 0)
    rest()
    expect(asked.length).toBe(6)
  })

  it('fills less of a smaller machine', () => {
    machine.memory_bytes = 512 * 1024 * 1024
    new Prefetcher().wish({}, series('f', 9, 4096), 0)
    rest()
    machine.memory_bytes *= 2
    expect(asked.length).toBe(3)
  })
})
