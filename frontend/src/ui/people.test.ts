import { expect, it } from 'vitest'

import { initials, personColour } from './people'

it('gives one person one colour, always', () => {
  const person = { discipline: 'surgery', id: 'c0ffee' }
  expect(personColour(person)).toBe(personColour({ ...person }))
})

it('keeps the family apart from other families', () => {
  const hue = (discipline: string) => Number(/hsl\((\d+)/.exec(personColour({ discipline, id: 'same' }))?.[1])
  expect(Math.abs(hue('surgery') - hue('radiology'))).toBeGreaterThan(60)
})

it.each([
  ['Dr Aylin Demir', 'AD'],
  ['Prof. Ingrid van der Solheim', 'IS'],
  ['Yuki', 'Y'],
  ['', '?'],
])('initials of %j', (name, expected) => {
  expect(initials(name)).toBe(expected)
})
