import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { LONGEST_WAIT_MS, Newest, oncePainted } from './newest'

const PICTURE_MS = 100
const EVERY_MS = 1000 / 30

describe('LIVE-V3: a follower that paints slowly', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('shows the newest slice, at 30 a second and 100 ms a picture never older than two pictures', () => {
    const shown: { slice: number; at_ms: number }[] = []
    const newest = new Newest<number>(
      (slice) => setTimeout(() => shown.push({ slice, at_ms: performance.now() }), PICTURE_MS),
      (then) => setTimeout(then, PICTURE_MS),
    )
    const began = performance.now()
    const told = (slice: number): number => began + slice * EVERY_MS
    for (let slice = 0; slice < 300; slice += 1) {
      newest.offer(slice)
      vi.advanceTimersByTime(EVERY_MS)
      const last = shown.at(-1)
      // The slice on the screen was the newest one no longer ago than two pictures take.
      if (last) expect(performance.now() - told(last.slice + 1)).toBeLessThanOrEqual(2 * PICTURE_MS)
    }
    vi.advanceTimersByTime(2 * PICTURE_MS)
    expect(shown.at(-1)?.slice).toBe(299)
    // One picture at a time, and as many as there is time for: 10 s at 100 ms.
    expect(shown.length).toBeGreaterThan(90)
    expect(shown.length).toBeLessThanOrEqual(103)
    expect(shown.map(({ slice }) => slice)).toEqual(
      [...new Set(shown.map(({ slice }) => slice))].sort((a, b) => a - b),
    )
  })

  it('shows at once what comes while nothing is painted', () => {
    const shown: number[] = []
    const newest = new Newest<number>((value) => shown.push(value), (then) => setTimeout(then, 20))
    newest.offer(1)
    expect(shown).toEqual([1])
    vi.advanceTimersByTime(20)
    newest.offer(2)
    expect(shown).toEqual([1, 2])
  })

  it('shows nothing of what waits once it is discarded, and goes on with what comes then', () => {
    const shown: number[] = []
    const newest = new Newest<number>((value) => shown.push(value), (then) => setTimeout(then, 20))
    newest.offer(1)
    newest.offer(2)
    newest.discard()
    vi.advanceTimersByTime(100)
    expect(shown).toEqual([1])
    newest.offer(3)
    newest.offer(4)
    vi.advanceTimersByTime(20)
    expect(shown).toEqual([1, 3, 4])
  })

  it('waits for the picture, and not for one that does not come', () => {
    let isShown = false
    let heard = 0
    oncePainted(() => isShown, () => (heard += 1))
    vi.advanceTimersByTime(200)
    expect(heard).toBe(0)
    isShown = true
    vi.advanceTimersByTime(40)
    expect(heard).toBe(1)
    oncePainted(() => false, () => (heard += 1))
    vi.advanceTimersByTime(LONGEST_WAIT_MS - 50)
    expect(heard).toBe(1)
    vi.advanceTimersByTime(100)
    expect(heard).toBe(2)
  })
})
