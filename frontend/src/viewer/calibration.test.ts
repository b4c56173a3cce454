import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { calibrationOf, scaleAt, wholeScale } from './calibration'
import type { DicomDataset } from './dicomJson'

interface Case {
  name: string
  dataset: DicomDataset
  points: [number, number][]
  expected: { row_mm: number; column_mm: number; basis: string } | null
}

/** The table that holds the server's rules, too. */
const CASES = JSON.parse(
  readFileSync('../tests/apps/imaging/calibration_cases.json', 'utf8'),
) as Case[]

describe('millimetres within an image', () => {
  it.each(CASES)('$name', ({ dataset, points, expected }) => {
    const scale = scaleAt(calibrationOf(dataset), points)
    if (expected === null) return expect(scale).toBeNull()
    expect(scale?.basis).toBe(expected.basis)
    expect(scale?.row_mm).toBeCloseTo(expected.row_mm, 9)
    expect(scale?.column_mm).toBeCloseTo(expected.column_mm, 9)
  })

  it('gives a scale bar only where one scale holds for all of the picture', () => {
    const scales = CASES.map(({ name, dataset }) => [name, wholeScale(calibrationOf(dataset))])
    const named = Object.fromEntries(scales) as Record<string, unknown>
    expect(named['an ultrasound beyond its region']).toMatchObject({ column_mm: 0.2 })
    expect(named['where two regions overlap and disagree nobody knows']).toBeNull()
  })
})
