import { expect, it } from 'vitest'

import { safeNext } from './safeNext'

it.each([
  ['/cases/1?tab=images', '/cases/1?tab=images'],
  ['https://evil.test', '/'],
  ['//evil.test', '/'],
  ['/\\evil.test', '/'],
  ['javascript:alert(1)', '/'],
  ['/sign-in?next=/sign-in', '/'],
  [null, '/'],
])('%j returns to %s', (next, expected) => {
  expect(safeNext(next)).toBe(expected)
})
