import { describe, expect, it } from 'vitest'

import { ruleFor, weekOfMonth } from './repeats'

describe('how often a board meets', () => {
  it.each([
    ['weekly', '2027-01-05', 'FREQ=WEEKLY;BYDAY=TU'],
    ['fortnightly', '2027-01-08', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=FR'],
    ['monthly', '2027-01-05', 'FREQ=MONTHLY;BYDAY=1TU'],
    ['monthly', '2027-01-28', 'FREQ=MONTHLY;BYDAY=4TH'],
    ['monthly', '2027-01-29', 'FREQ=MONTHLY;BYDAY=-1FR'],
    ['lastOfMonth', '2027-01-12', 'FREQ=MONTHLY;BYDAY=-1TU'],
  ] as const)('%s from %s is %s', (repeat, day, rule) => {
    expect(ruleFor(repeat, day)).toBe(rule)
  })

  it('a single meeting has no rule', () => {
    expect(ruleFor('never', '2027-01-05')).toBeNull()
  })

  it('counts the weekday in its month', () => {
    expect(['2027-01-01', '2027-01-07', '2027-01-08', '2027-01-31'].map(weekOfMonth)).toEqual([1, 1, 2, 5])
  })
})
