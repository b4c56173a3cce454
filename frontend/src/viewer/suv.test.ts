import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import dicomParser from 'dicom-parser'
import { describe, expect, it } from 'vitest'

import { imageToPatient } from '@/geometry'

import { instantOf_s, type DicomDataset, type DicomElement } from './dicomJson'
import { describeSeries } from './frames'
import { acquisition_s, suvScaleOf } from './suv'

const element = (...values: (string | number)[]): DicomElement => ({ Value: values })
const drug = (parts: DicomDataset): DicomElement => ({ Value: [parts] })

/** DRO_0_0 of the IBSI/OncoRay set: 368.08 MBq, 6586.2 s, one hour before, 70 kg. */
const START: DicomDataset = {
  '00541001': element('BQML'),
  '00541102': element('START'),
  '00280051': element('DECY', 'ATTN'),
  '00101030': element(70),
  '00080021': element('20200101'),
  '00080031': element('110000'),
  '00080022': element('20200101'),
  '00080032': element('110000'),
  '00540016': drug({
    '00181074': element(368_080_000),
    '00181075': element(6586.2),
    '00181072': element('100000'),
  }),
}

const factorOf = (dataset: DicomDataset): number => {
  const scale = suvScaleOf(dataset, acquisition_s(dataset))
  if (scale.kind === 'refused') throw new Error(scale.reason)
  return scale.factor
}
const reasonOf = (dataset: DicomDataset): string | null => {
  const scale = suvScaleOf(dataset, acquisition_s(dataset))
  return scale.kind === 'refused' ? scale.reason : null
}

describe('SUVbw from the header', () => {
  it('decays the dose to the start of the scan', () => {
    expect(factorOf(START) * 14400).toBeCloseTo(4.0, 3)
  })

  it('takes the dose as it was given where the values are corrected to administration', () => {
    expect(factorOf({ ...START, '00541102': element('ADMIN') })).toBeCloseTo(
      70_000 / 368_080_000,
      12,
    )
  })

  it('reads a dose below 100,000 as MBq', () => {
    const dose = START['00540016']?.Value?.[0] as DicomDataset
    const inMbq = { ...START, '00540016': drug({ ...dose, '00181074': element(368.08) }) }
    expect(factorOf(inMbq)).toBeCloseTo(factorOf(START), 12)
  })

  it('puts an injection that is later in the day than the scan on the day before', () => {
    const dose = START['00540016']?.Value?.[0] as DicomDataset
    const midnight = {
      ...START,
      '00080031': element('003000'),
      '00080032': element('003000'),
      '00540016': drug({ ...dose, '00181072': element('233000') }),
    }
    expect(factorOf(midnight)).toBeCloseTo(factorOf(START), 10)
  })

  it('leaves values alone that are SUVbw already', () => {
    expect(factorOf({ '00541001': element('GML') })).toBe(1)
  })

  it('brings ideal-weight SUV of a patient of other sex to body weight', () => {
    const stored = {
      '00541001': element('GML'),
      '00541006': element('IBW'),
      '00101030': element(70),
      '00101020': element(1.75),
      '00100040': element('O'),
    }
    const ideal = (48 + 1.06 * 23 + (45.5 + 0.91 * 23)) / 2
    expect(factorOf(stored)).toBeCloseTo(70 / ideal, 12)
  })

  it.each([
    ['weight_missing', { '00101030': element(0) }],
    ['dose_missing', { '00540016': drug({ '00181075': element(6586.2) }) }],
    ['half_life_missing', { '00540016': drug({ '00181074': element(3e8) }) }],
    ['decay_correction_unknown', { '00541102': element('SOME') }],
    ['not_attenuation_corrected', { '00280051': element('DECY') }],
    ['units_not_supported', { '00541001': element('PROPCPS') }],
    [
      'times_missing',
      { '00540016': drug({ '00181074': element(3e8), '00181075': element(6586.2) }) },
    ],
  ] as const)('refuses with %s and never guesses', (reason, change) => {
    expect(reasonOf({ ...START, ...change })).toBe(reason)
  })

  it('reads dates and times with and without a fraction', () => {
    expect(instantOf_s('20200101', '110000.500000')).toBe(
      (instantOf_s('20200101', '110000') ?? 0) + 0.5,
    )
    expect(instantOf_s('20200101', '1100')).toBe(instantOf_s('20200101', '110000'))
    expect(instantOf_s('', '110000')).toBeNull()
  })
})

const DATA = join(__dirname, '../../../../shared/data/22-suv-dro')

const NUMERIC = [
  '00101030',
  '00101020',
  '00541300',
  '00181242',
  '70531000',
  '70531009',
  '00181074',
  '00181075',
]

const SHORTS = ['00280002', '00280010', '00280011', '00280100', '00280101', '00280103']

function toJson(dataset: dicomParser.DataSet): DicomDataset {
  const json: Record<string, DicomElement> = {}
  for (const [key, entry] of Object.entries(dataset.elements)) {
    const tag = key.slice(1).toUpperCase()
    if (tag === '7FE00010') continue
    if (entry.items) {
      json[tag] = {
        Value: entry.items.flatMap((item) => (item.dataSet ? [toJson(item.dataSet)] : [])),
      }
      continue
    }
    if (SHORTS.includes(tag)) {
      json[tag] = element(dataset.uint16(key) ?? 0)
      continue
    }
    const words = (dataset.string(key) ?? '').split('\\').map((word) => word.trim())
    const isFloat = NUMERIC.includes(tag) && (entry.vr === 'FD' || entry.vr === 'FL')
    const float = entry.vr === 'FD' ? dataset.double(key) : dataset.float(key)
    json[tag] = isFloat && float !== undefined ? element(float) : element(...words)
  }
  return json
}

interface Mask {
  inside(point_lps: readonly number[]): boolean
}

/** A NIfTI-1 mask, asked by patient position (its world is RAS, ours is LPS). */
function readMask(path: string): Mask {
  const raw = readFileSync(path)
  const file = path.endsWith('.gz') ? gunzipSync(raw) : raw
  const [columns, rows, slices] = [42, 44, 46].map((at) => file.readInt16LE(at)) as [
    number,
    number,
    number,
  ]
  const row = (at: number): number[] => [0, 4, 8, 12].map((step) => file.readFloatLE(at + step))
  const [x, y, z] = [row(280), row(296), row(312)] as [number[], number[], number[]]
  const bytes = file.readInt16LE(72) / 8
  const offset = file.readFloatLE(108)
  const index = (value: number, axis: number[], at: number): number =>
    Math.round((value - (axis[3] ?? 0)) / (axis[at] ?? 1))
  return {
    inside: ([l = 0, p = 0, s = 0]) => {
      const [i, j, k] = [index(-l, x, 0), index(-p, y, 1), index(s, z, 2)]
      if (i < 0 || j < 0 || k < 0 || i >= columns || j >= rows || k >= slices) return false
      const at = offset + ((k * rows + j) * columns + i) * bytes
      return file.subarray(at, at + bytes).some((byte) => byte !== 0)
    },
  }
}

/** Smallest and largest SUVbw inside the mask of a digital reference object. */
function extremes(folder: string): [number, number] {
  const names = readdirSync(folder, { recursive: true }).map(String)
  const mask = readMask(join(folder, names.find((name) => /\.nii(\.gz)?$/.test(name)) ?? ''))
  const files = names
    .filter((name) => name.endsWith('.dcm'))
    .map((name) => dicomParser.parseDicom(readFileSync(join(folder, name))))
    .filter((dataset) => dataset.string('x00080060') === 'PT')
  const headers = files.map(toJson)
  const instants = headers.map(acquisition_s).filter((value) => value !== null)
  const earliest = instants.length > 0 ? Math.min(...instants) : null
  const values = files.flatMap((dataset, index) => {
    const scale = suvScaleOf(headers[index] ?? {}, earliest)
    const frame = describeSeries([headers[index] ?? {}], '').frames[0]
    const pixels = dataset.elements.x7fe00010
    if (scale.kind === 'refused' || !pixels || !frame?.plane_lps)
      throw new Error(`${folder} is refused`)
    const plane = frame.plane_lps
    const { dataOffset, length } = pixels
    // A copy: a slice of a Node buffer is still the whole file underneath.
    const bytes = Uint8Array.from(dataset.byteArray.subarray(dataOffset, dataOffset + length))
    const stored =
      dataset.uint16('x00280103') === 1
        ? new Int16Array(bytes.buffer)
        : new Uint16Array(bytes.buffer)
    return Array.from(stored).flatMap((value, at) => {
      const place = imageToPatient(plane, [at % plane.columns, Math.floor(at / plane.columns)])
      return mask.inside(place) ? [scale.factor * (frame.slope * value + frame.intercept)] : []
    })
  })
  expect(values.length).toBeGreaterThan(10)
  return [Math.min(...values), Math.max(...values)]
}

describe.skipIf(!existsSync(DATA))('digital reference objects of ../shared/data/22-suv-dro', () => {
  const names = existsSync(DATA) ? readdirSync(DATA).filter((name) => name.startsWith('DRO_')) : []
  it.each(names)('%s has its expected 0.20 and 4.00 g/mL inside its mask', (name) => {
    const [smallest, largest] = extremes(join(DATA, name))
    // 0.1 %; one object is stored in steps of 0.002 g/mL, of which 0.1997 is the last below 0.2.
    expect(Math.abs(smallest - 0.2)).toBeLessThan(0.0004)
    expect(Math.abs(largest - 4)).toBeLessThan(0.004)
  }, 60_000)
})
