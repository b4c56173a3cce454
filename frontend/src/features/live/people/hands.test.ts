import { expect, it } from 'vitest'

import { handsInOrder } from './hands'

it('LIVE-M6: hands are listed in the order in which they were raised', () => {
  const hand = (user: string, hand_at: number | null, hand_raised = true) => ({ user, hand_at, hand_raised })
  const people = [hand('late', 30), hand('unknown', null), hand('first', 10), hand('down', 5, false)]
  expect(handsInOrder(people).map((one) => one.user)).toEqual(['first', 'late', 'unknown'])
})
