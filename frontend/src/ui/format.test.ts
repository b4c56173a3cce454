import { describe, expect, it } from 'vitest'

import { ageYears, formatDate, formatFigure, formatPatientName, formatQuantity, formatRelative, humanise, wordFor } from './format'

describe('dates', () => {
  it('are never ambiguous: the month is a word', () => {
    expect(formatDate('2026-03-12')).toMatch(/Mar/)
    expect(formatDate('20260312')).toBe(formatDate('2026-03-12'))
  })

  it('do not slide by a day in any time zone', () => {
    expect(formatDate('2026-01-01')).toMatch(/1/)
    expect(formatDate('2026-01-01')).toMatch(/Jan/)
    expect(formatDate('2026-01-01')).toMatch(/2026/)
  })

  it('say nothing rather than something wrong', () => {
    expect(formatDate(null)).toBe('–')
    expect(formatDate('not a date')).toBe('–')
  })

  it('tell how far away a time is', () => {
    const now = new Date('2026-11-22T12:00:00Z')
    expect(formatRelative('2026-11-25T12:00:00Z', now)).toBe('in 3 days')
    expect(formatRelative('2026-11-22T10:30:00Z', now)).toBe('1 hour ago')
  })
})

describe('ageYears', () => {
  it('counts birthdays', () => {
    expect(ageYears('1964-11-23', new Date(2026, 10, 22))).toBe(61)
    expect(ageYears('1964-11-22', new Date(2026, 10, 22))).toBe(62)
  })

  it('is unknown where the birth date is withheld', () => {
    expect(ageYears(null)).toBeNull()
  })
})

describe('quantities', () => {
  it('have the digits their unit deserves', () => {
    expect(formatQuantity(24.4, 'mm')).toBe('24 mm')
    expect(formatQuantity(6.46, 'mm')).toBe('6.5 mm')
    expect(formatQuantity(7.9112, 'g/mL')).toBe('7.91 g/mL')
    expect(formatFigure(24, 'mm')).toBe('24')
  })
})

it('writes DICOM names as people do', () => {
  expect(formatPatientName('Alder^Phantom^B')).toBe('Alder, Phantom B')
  expect(formatPatientName('De-identified')).toBe('De-identified')
})

it('finds the word for a code, or makes the code readable', () => {
  expect(wordFor('caseStatus', 'needs_info')).toBe('Needs information')
  expect(wordFor('caseStatus', 'brand_new-code')).toBe('Brand new code')
  expect(humanise('out_of_scope')).toBe('Out of scope')
})
