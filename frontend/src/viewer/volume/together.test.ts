import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { AXIAL } from '@/geometry/testing'
import type { ImagePlane } from '@/geometry'

import type { FrameDescription } from '../frames'
import { PATIENCE_MS, Together } from './together'

const planeAt = (z: number): ImagePlane => ({
  ...AXIAL,
  origin_lps: [AXIAL.origin_lps[0], AXIAL.origin_lps[1], z],
})
const frameAt = (z: number): FrameDescription =>
  ({ plane_lps: planeAt(z) }) as unknown as FrameDescription

describe('images that wait for their colours', () => {
  let shown: number[]
  let gaveUp: number
  let together: Together
  const wait = (...heights: number[]): void => {
    for (const z of heights) together.wait(frameAt(z), () => shown.push(z))
  }
  beforeEach(() => {
    vi.useFakeTimers()
    ;[shown, gaveUp] = [[], 0]
    together = new Together(() => (gaveUp += 1))
  })
  afterEach(() => vi.useRealTimers())

  it('are shown when the plane that lies on them has come, and no other', () => {
    wait(1)
    together.arrived(planeAt(2))
    expect(shown).toEqual([])
    together.arrived(planeAt(1))
    expect(shown).toEqual([1])
    vi.advanceTimersByTime(PATIENCE_MS * 2)
    expect([shown, gaveUp]).toEqual([[1], 0])
  })

  it('are shown on the way while a hand scrolls faster than planes come', () => {
    wait(1, 2, 3)
    together.arrived(planeAt(2))
    wait(4, 5)
    together.arrived(planeAt(1))
    together.arrived(planeAt(5))
    expect(shown).toEqual([2, 5])
    expect(together.next).toBeNull()
  })

  it('come without after a while, the newest only, and that is said', () => {
    wait(1, 2)
    vi.advanceTimersByTime(PATIENCE_MS - 1)
    expect(shown).toEqual([])
    vi.advanceTimersByTime(1)
    expect([shown, gaveUp]).toEqual([[2], 1])
  })

  it('come without after a while also when they never stop coming', () => {
    for (let z = 1; z <= 10; z += 1) {
      wait(z)
      vi.advanceTimersByTime(33)
    }
    expect(shown).toEqual([8])
    expect(gaveUp).toBe(1)
  })

  it('are forgotten with their series', () => {
    wait(1)
    together.discard()
    together.arrived(planeAt(1))
    vi.advanceTimersByTime(PATIENCE_MS * 2)
    expect([shown, gaveUp]).toEqual([[], 0])
  })
})
