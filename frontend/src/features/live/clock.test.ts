import { describe, expect, it } from 'vitest'

import { asClock, spentSeconds } from './clock'

const START = '2026-11-29T14:00:00Z'
const at = (seconds: number) => Date.parse(START) + seconds * 1000

describe('LIVE-X6 the clock of a case', () => {
  it('runs from the start, without its pauses', () => {
    const item = { started_at: START, paused_at: null, paused_s: 90 }
    expect(spentSeconds(item, at(300))).toBe(210)
    expect(asClock(210)).toBe('03:30')
  })

  it('stands still while it is paused', () => {
    const item = { started_at: START, paused_at: '2026-11-29T14:02:00Z', paused_s: 30 }
    expect(spentSeconds(item, at(300))).toBe(90)
    expect(spentSeconds(item, at(3000))).toBe(90)
  })

  it('has not begun before the case, and never runs backwards', () => {
    expect(spentSeconds({ started_at: null, paused_at: null, paused_s: 0 }, at(9))).toBeNull()
    expect(spentSeconds({ started_at: START, paused_at: null, paused_s: 0 }, at(-9))).toBe(0)
  })
})
