import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { LongPress } from './longPress'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const press = (takes = true) => {
  const element = document.createElement('div')
  const onHold = vi.fn(() => takes)
  return { element, onHold, finger: new LongPress(element, onHold) }
}

it('points where a finger rests, and no longer than it does', () => {
  const { element, onHold, finger } = press()
  finger.down([40, 60])
  finger.move([43, 60])
  vi.advanceTimersByTime(500)
  expect(onHold).toHaveBeenCalledWith([40, 60])
  finger.move([80, 90])
  expect((element.firstChild as HTMLElement).style.left).toBe('80px')
  finger.end()
  expect(element.childElementCount).toBe(0)
})

it('does not point where a finger moves or is lifted', () => {
  const { onHold, finger } = press()
  finger.down([40, 60])
  finger.move([40, 75])
  vi.advanceTimersByTime(1000)
  finger.down([40, 60])
  finger.end()
  vi.advanceTimersByTime(1000)
  expect(onHold).not.toHaveBeenCalled()
})

it('shows nothing where a drawing has the finger', () => {
  const { element, finger } = press(false)
  finger.down([40, 60])
  vi.advanceTimersByTime(500)
  expect(element.childElementCount).toBe(0)
})
