import { describe, expect, it } from 'vitest'

import { LineMeter } from './line'

describe('the line', () => {
  it('is not judged by little', () => {
    const meter = new LineMeter()
    meter.began(0)
    meter.ended(20_000, 100)
    expect(meter.bitsPerSecond).toBeNull()
  })

  it('is what came while something was on its way', () => {
    const meter = new LineMeter()
    meter.began(0)
    meter.ended(100_000, 100)
    meter.began(5_000) // nothing was asked for meanwhile: that is not the line's
    meter.ended(100_000, 5_100)
    expect(meter.bitsPerSecond).toBe(8e6)
  })

  it('is shared by transfers beside each other', () => {
    const meter = new LineMeter()
    meter.began(0)
    meter.began(0)
    meter.ended(100_000, 200)
    meter.ended(100_000, 200)
    expect(meter.bitsPerSecond).toBe(8e6)
  })

  it('gets better, and is believed', () => {
    const meter = new LineMeter()
    meter.began(0)
    meter.ended(1_000_000, 1_000)
    expect(meter.bitsPerSecond).toBe(8e6)
    for (let at = 1_000; at < 6_000; at += 100) {
      meter.began(at)
      meter.ended(1_000_000, at + 100)
    }
    expect(meter.bitsPerSecond).toBeGreaterThan(60e6)
  })

  it('counts a failed transfer as time without bytes', () => {
    const meter = new LineMeter()
    meter.began(0)
    meter.ended(100_000, 100)
    meter.began(100)
    meter.ended(0, 200)
    expect(meter.bitsPerSecond).toBe(4e6)
  })
})
