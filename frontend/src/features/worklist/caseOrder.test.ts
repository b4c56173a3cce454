import { expect, it } from 'vitest'

import { stepIn } from './caseOrder'

const order = ['a', 'b', 'c', 'd']

it.each([
  ['a', 1, 'c'],
  ['c', 1, 'd'],
  ['d', 1, null],
  ['d', -1, 'c'],
  ['a', -1, null],
] as const)('from %s by %i comes the case with images, or none at the end', (from, by, expected) => {
  expect(stepIn(order, new Set(['a', 'c', 'd']), from, by)).toBe(expected)
})
