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

/** Relative luminance of hsl(h s% l%), WCAG 2.2. */
function luminance(colour: string): number {
  const [h = 0, s = 0, l = 0] = (colour.match(/\d+/g) ?? []).map(Number)
  const chroma = (s / 100) * Math.min(l / 100, 1 - l / 100)
  const channel = (n: number) => {
    const k = (n + h / 30) % 12
    const value = l / 100 - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1))
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(0) + 0.7152 * channel(8) + 0.0722 * channel(4)
}

it('carries dark initials legibly in every family, blue included', () => {
  const ink = 0.0055 // #101112
  const disciplines = ['radiology', 'surgery', 'pathology', 'medical_oncology', 'coordination', 'administration', 'nursing', 'other']
  for (const discipline of disciplines) {
    for (let id = 0; id < 60; id += 1) {
      const contrast = (luminance(personColour({ discipline, id: String(id) })) + 0.05) / (ink + 0.05)
      expect(contrast).toBeGreaterThanOrEqual(4.5)
    }
  }
})

it.each([
  ['Dr Aylin Demir', 'AD'],
  ['Prof. Ingrid van der Solheim', 'IS'],
  ['Yuki', 'Y'],
  ['', '?'],
])('initials of %j', (name, expected) => {
  expect(initials(name)).toBe(expected)
})
