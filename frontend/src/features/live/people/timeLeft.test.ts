import { expect, it } from 'vitest'

import { timeLeft } from './timeLeft'

const END = '2026-11-29T12:00:00Z'
const before = (minutes: number) => Date.parse(END) - minutes * 60_000

it('LIVE-M7: an access that does not end by itself is not counted down', () => {
  expect(timeLeft(null, before(1))).toBeNull()
})

it('LIVE-M7: nothing is said until a quarter of an hour before', () => {
  expect(timeLeft(END, before(15.1))).toBeNull()
  expect(timeLeft(END, before(15))).toEqual({ stage: 'told', minutes: 15 })
})

it('LIVE-M7: minutes are rounded up, and the last two are urgent', () => {
  expect(timeLeft(END, before(2.1))).toEqual({ stage: 'told', minutes: 3 })
  expect(timeLeft(END, before(2))).toEqual({ stage: 'urgent', minutes: 2 })
  expect(timeLeft(END, before(-1))).toEqual({ stage: 'urgent', minutes: 0 })
})
