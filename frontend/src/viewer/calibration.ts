import type { Vec2 } from '@/geometry'

import { itemOf, numberOf, numbersOf, sequenceOf, textOf, type DicomDataset } from './dicomJson'

/** What a length within an image without patient space is a length of. */
export type Basis = 'patient' | 'detector' | 'calibrated' | 'stated' | 'film' | 'region'

/** Millimetres per row and per column, and what they are millimetres of. */
export interface Scale {
  readonly row_mm: number
  readonly column_mm: number
  readonly basis: Basis
}

/** A rectangle of the picture with a scale of its own; corners in pixels, inclusive. */
export interface ScaledRegion {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly row_mm: number
  readonly column_mm: number
}

export interface Calibration {
  readonly scale: Scale | null
  readonly regions: readonly ScaledRegion[]
}

export const UNCALIBRATED: Calibration = { scale: null, regions: [] }

const CROSS_SECTIONAL = new Set(['CT', 'MR', 'PT', 'NM'])
const PROJECTION = new Set(['CR', 'DX', 'MG', 'XA', 'RF', 'RG', 'IO', 'PX'])
const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7'
const SAME_SPACING = 1e-4
const CENTIMETRES = 3
const TWO_DIMENSIONAL = 1

/**
 * Millimetres within an image that has no position in the patient: the rules of the server's
 * `apps/imaging/calibration.py`, held to the same table of cases.
 */
export function calibrationOf(dataset: DicomDataset, frame = 1): Calibration {
  if (dataset['00186011'] !== undefined) return { scale: null, regions: regionsOf(dataset) }
  const spacing = pairOf(dataset, '00280030') ?? pairOf(measuresOf(dataset, frame), '00280030')
  const imager = pairOf(dataset, '00181164')
  if (spacing) return uniform(spacing, basisOf(dataset, spacing, imager))
  if (imager) return uniform(imager, 'detector')
  const film = pairOf(dataset, '00182010')
  return film ? uniform(film, 'film') : UNCALIBRATED
}

/** The scale that holds for all of these `[column, row]`, or null where none does. */
export function scaleAt(calibration: Calibration, points: readonly Vec2[]): Scale | null {
  const { scale, regions } = calibration
  if (regions.length === 0) return scale
  const fits = regions.filter((region) => points.every((point) => holds(region, point)))
  return onlyScale(fits)
}

/** The one scale of the whole picture, for a scale bar; null where regions differ. */
export const wholeScale = ({ scale, regions }: Calibration): Scale | null =>
  regions.length === 0 ? scale : onlyScale(regions)

function onlyScale(regions: readonly ScaledRegion[]): Scale | null {
  const [first] = regions
  if (first === undefined) return null
  const { row_mm, column_mm } = first
  const agree = regions.every((one) => one.row_mm === row_mm && one.column_mm === column_mm)
  return agree ? { row_mm, column_mm, basis: 'region' } : null
}

const holds = ({ left, top, right, bottom }: ScaledRegion, [column, row]: Vec2): boolean =>
  left - 0.5 <= column && column <= right + 0.5 && top - 0.5 <= row && row <= bottom + 0.5

const uniform = ([row_mm, column_mm]: Vec2, basis: Basis): Calibration => ({
  scale: { row_mm, column_mm, basis },
  regions: [],
})

function basisOf(dataset: DicomDataset, spacing: Vec2, imager: Vec2 | null): Basis {
  const modality = textOf(dataset, '00080060')
  if (textOf(dataset, '00080016').startsWith(SECONDARY_CAPTURE)) return 'stated'
  if (CROSS_SECTIONAL.has(modality)) return 'patient'
  if (!PROJECTION.has(modality)) return 'stated'
  if (imager) {
    const near = (a: number, b: number): boolean => Math.abs(a - b) <= SAME_SPACING * b
    const same = near(spacing[0], imager[0]) && near(spacing[1], imager[1])
    return same ? 'detector' : 'calibrated'
  }
  const calibrated = ['GEOMETRY', 'FIDUCIAL'].includes(textOf(dataset, '00280A02'))
  return calibrated ? 'calibrated' : 'stated'
}

function measuresOf(dataset: DicomDataset, frame: number): DicomDataset | undefined {
  const own = sequenceOf(dataset, '52009230')[frame - 1]
  return itemOf(own, '00289110') ?? itemOf(itemOf(dataset, '52009229'), '00289110')
}

function pairOf(dataset: DicomDataset | undefined, tag: string): Vec2 | null {
  const values = numbersOf(dataset, tag)
  const [rows = 0, columns = 0] = values
  return values.length === 2 && rows > 0 && columns > 0 ? [rows, columns] : null
}

function regionsOf(dataset: DicomDataset): ScaledRegion[] {
  return sequenceOf(dataset, '00186011').flatMap((item) => {
    const inCentimetres = ['00186024', '00186026'].every((tag) => numberOf(item, tag) === CENTIMETRES)
    if (numberOf(item, '00186012') !== TWO_DIMENSIONAL || !inCentimetres) return []
    const told = ['00186018', '0018601A', '0018601C', '0018601E'].map((tag) => numberOf(item, tag))
    const [left, top, right, bottom] = told.filter((value) => value !== null)
    if (left === undefined || top === undefined) return []
    if (right === undefined || bottom === undefined) return []
    const [column_cm, row_cm] = [numberOf(item, '0018602C'), numberOf(item, '0018602E')]
    if (!column_cm || !row_cm) return []
    const [row_mm, column_mm] = [Math.abs(row_cm) * 10, Math.abs(column_cm) * 10]
    return [{ left, top, right, bottom, row_mm, column_mm }]
  })
}
