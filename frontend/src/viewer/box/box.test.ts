import { expect, it } from 'vitest'

import { normalize, type Vec3 } from '@/geometry'

import { cutsOf, dragged, FACES, gripsOf, iouOf, SMALLEST_EDGE_MM, withFace, type PatientBox } from './box'
import { BoxEditor } from './boxEditor'

const BOX: PatientBox = { low: [0, 0, 0], high: [10, 20, 30] }
const plane = (origin_lps: Vec3, normal: Vec3) => ({ origin_lps, normal: normalize(normal) })
const faceOf = (axis: 0 | 1 | 2, side: 'low' | 'high') => ({ axis, side })

it('is cut by an axial plane into its four other faces', () => {
  const cuts = cutsOf(BOX, plane([0, 0, 12], [0, 0, 1]))
  expect(cuts.map(({ face }) => `${face.axis}${face.side}`)).toEqual(['0low', '0high', '1low', '1high'])
  for (const { from, to } of cuts) expect([from[2], to[2]]).toEqual([12, 12])
  expect(gripsOf(cuts)).toHaveLength(8)
})

it('is not there on a plane that misses it', () => {
  expect(cutsOf(BOX, plane([0, 0, 31], [0, 0, 1]))).toEqual([])
  expect(cutsOf(BOX, plane([-1, 0, 0], [1, 0, 0]))).toEqual([])
})

it.each([
  [[1, 1, 1], [5, 10, 15]],
  [[1, 0, 2], [5, 10, 15]],
  [[0.3, -0.8, 0.2], [5, 10, 15]],
] as [Vec3, Vec3][])('has a closed outline on an oblique plane %j', (normal, through) => {
  const grips = gripsOf(cutsOf(BOX, plane(through, normal)))
  const corners = grips.filter(({ faces }) => faces.length === 2)
  const middles = grips.filter(({ faces }) => faces.length === 1)
  expect(corners).toHaveLength(middles.length)
  expect(middles.length).toBeGreaterThanOrEqual(3)
})

it('is closed, with each face once, where the plane goes through its very corners', () => {
  const cuts = cutsOf(BOX, plane([0, 0, 0], [1, -0.5, 0]))
  expect(new Set(cuts.map(({ face }) => `${face.axis}${face.side}`)).size).toBe(cuts.length)
})

it('moves the taken faces along their own axes only', () => {
  expect(dragged(BOX, [faceOf(0, 'high')], [14, 99, 99])).toEqual({ low: [0, 0, 0], high: [14, 20, 30] })
  expect(dragged(BOX, [faceOf(0, 'low'), faceOf(1, 'high')], [-2, 25, 99])).toEqual({ low: [-2, 0, 0], high: [10, 25, 30] })
})

it.each(FACES)('never goes beyond the face across: %j', (face) => {
  const beyond = face.side === 'low' ? 1e6 : -1e6
  const { low, high } = withFace(BOX, face, beyond)
  expect(high[face.axis] - low[face.axis]).toBeCloseTo(SMALLEST_EDGE_MM)
})

it('overlaps itself wholly and another by what they share', () => {
  expect(iouOf(BOX, BOX)).toBe(1)
  expect(iouOf(BOX, { low: [5, 0, 0], high: [15, 20, 30] })).toBeCloseTo(1 / 3)
  expect(iouOf(BOX, { low: [50, 50, 50], high: [60, 60, 60] })).toBe(0)
})

it('is edited one at a time, and is unchanged until it differs', () => {
  const editor = new BoxEditor()
  editor.begin({ finding: 'a', frame_of_reference_uid: '1', model: BOX })
  expect(editor.isChanged).toBe(false)
  editor.drag([faceOf(2, 'high')], [0, 0, 31])
  expect([editor.isChanged, editor.editing?.box.high[2]]).toEqual([true, 31])
  editor.stop('another')
  expect(editor.editing).not.toBeNull()
  editor.stop('a')
  expect(editor.editing).toBeNull()
})
