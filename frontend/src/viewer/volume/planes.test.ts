import { describe, expect, it } from 'vitest'

import {
  add,
  cameraPlane,
  canvasToPatient,
  distance,
  dot,
  edgeLetters,
  gridCentre_lps,
  normalize,
  scale,
  screenAxes,
  subtract,
  voxelToPatient,
  type PlaneCamera,
  type Vec3,
  type VolumeGrid,
} from '@/geometry'

import { volumeBudget_bytes } from './budget'
import { brightestAlong } from './brightest'
import { colormapTable } from './colormaps'
import { maskOnPlane, maskSlices } from './planarMask'
import { paintPlane } from './planePainter'
import {
  orientationOf,
  orientedCamera,
  planeNumber,
  projectionPlane,
  scrolledCamera,
  transformedPlane,
  voxelStep_mm,
} from './reformat'
import { samplePlane, type Volume } from './sampling'
import { joined } from './shelf'

const CANVAS = { width: 300, height: 200 }
/** Axial, from the feet up; voxels twice as thick as wide. */
const GRID: VolumeGrid = {
  origin_lps: [-40, -60, 100],
  column_mm: [1, 0, 0],
  row_mm: [0, 1, 0],
  slice_mm: [0, 0, 2],
  size: [80, 120, 30],
}

function volumeOf(value: (at: Vec3) => number, grid = GRID): Volume {
  const [columns, rows, slices] = grid.size
  const values = new Float32Array(columns * rows * slices)
  let n = 0
  for (let k = 0; k < slices; k += 1)
    for (let j = 0; j < rows; j += 1)
      for (let i = 0; i < columns; i += 1, n += 1) values[n] = value([i, j, k])
  return { grid, values }
}

describe('the three planes', () => {
  it.each([
    ['axial', { top: 'A', right: 'L', bottom: 'P', left: 'R' }],
    ['coronal', { top: 'S', right: 'L', bottom: 'I', left: 'R' }],
    ['sagittal', { top: 'S', right: 'P', bottom: 'I', left: 'A' }],
  ] as const)('%s looks as radiologists look', (orientation, letters) => {
    const camera = orientedCamera(GRID, orientation, CANVAS)
    const { right, up } = screenAxes(camera)
    expect(edgeLetters(right, up)).toEqual(letters)
    expect(orientationOf(camera)).toBe(orientation)
    expect(distance(camera.focal_point_lps, gridCentre_lps(GRID))).toBeLessThan(1e-9)
  })

  it('show the whole volume in any canvas, and no more than needed', () => {
    const camera = orientedCamera(GRID, 'coronal', CANVAS)
    // 80 mm wide and 60 mm high on 300 × 200: the height decides.
    expect(camera.fit_mm).toBeCloseTo(30, 9)
  })

  it('pass through the point they are asked to', () => {
    const point: Vec3 = [3, -7, 131]
    const camera = orientedCamera(GRID, 'sagittal', CANVAS, point)
    expect(dot(subtract(point, camera.focal_point_lps), camera.view_plane_normal)).toBeCloseTo(0, 9)
  })
})

describe('scrolling a plane', () => {
  it('goes one voxel a notch, away from the eye, and stays inside the volume', () => {
    const camera = orientedCamera(GRID, 'axial', CANVAS)
    const next = scrolledCamera(GRID, camera, 1)
    expect(subtract(next.focal_point_lps, camera.focal_point_lps)).toEqual([0, 0, 2])
    const last = scrolledCamera(GRID, camera, 999)
    expect(last.focal_point_lps[2]).toBeCloseTo(158, 9)
    expect(planeNumber(GRID, last)).toEqual({ number: 30, count: 30 })
    expect(scrolledCamera(GRID, last, -Infinity).focal_point_lps[2]).toBeCloseTo(100, 9)
  })

  it('steps an oblique plane by the voxels along its normal', () => {
    expect(voxelStep_mm(GRID, [0, 1, 0])).toBeCloseTo(1, 9)
    expect(voxelStep_mm(GRID, normalize([0, 1, 1]))).toBeCloseTo(Math.SQRT2, 9)
  })
})

describe('LIVE-P6 on planes', () => {
  it('two screens of other shape sample the same anatomy at the same millimetres from the centre', () => {
    const volume = volumeOf(([i, j, k]) => 3 * i + 5 * j - 7 * k)
    const normal = normalize([0.3, 0.2, 1])
    const up = normalize(subtract([0, -1, 0], scale(normal, dot([0, -1, 0], normal))))
    const camera: PlaneCamera = {
      focal_point_lps: gridCentre_lps(GRID),
      view_up: up,
      view_plane_normal: normal,
      fit_mm: 14,
      flip_horizontal: true,
      flip_vertical: false,
    }
    const valueAt = (canvas: { width: number; height: number }, right_mm: number, up_mm: number) => {
      const plane = cameraPlane(camera, canvas, 1)
      const values = samplePlane(volume, plane)
      const mm = (2 * camera.fit_mm) / Math.min(canvas.width, canvas.height)
      const x = Math.round((canvas.width - 1) / 2 + right_mm / mm)
      const y = Math.round((canvas.height - 1) / 2 - up_mm / mm)
      const place = canvasToPatient(camera, canvas, [x + 0.5, y + 0.5])
      return { value: values[y * canvas.width + x] ?? NaN, place }
    }
    for (const [right, up_mm] of [
      [0, 0],
      [7, -3],
      [-11, 9],
    ] as const) {
      const wide = valueAt({ width: 701, height: 281 }, right, up_mm)
      const tall = valueAt({ width: 281, height: 901 }, right, up_mm)
      expect(distance(wide.place, tall.place)).toBeLessThan(1e-6)
      expect(wide.value).toBeCloseTo(tall.value, 3)
      expect(wide.value).not.toBeNaN()
    }
  })
})

describe('a projection through the whole volume', () => {
  const volume = volumeOf(([i, j, k]) => (i === 10 && j === 100 && k === 4 ? 900 : 1))
  const hot = voxelToPatient(GRID, [10, 100, 4])

  it.each([0, 50, 130, 270])('turned by %s degrees shows the hottest voxel where it is', (degrees) => {
    const angle = (degrees * Math.PI) / 180
    const camera = { view_up: [0, 0, 1] as Vec3, view_plane_normal: [Math.sin(angle), -Math.cos(angle), 0] as Vec3 }
    const { plane, thickness_mm } = projectionPlane(GRID, camera)
    const values = samplePlane(volume, plane, { thickness_mm, projection: 'max' })
    const best = values.reduce((most, value, at) => (value > (values[most] ?? 0) ? at : most), 0)
    const [x, y] = [best % plane.columns, Math.floor(best / plane.columns)]
    const place = add(
      plane.origin_lps,
      add(scale(plane.column_step, x * plane.column_spacing_mm), scale(plane.row_step, y * plane.row_spacing_mm)),
    )
    const off = subtract(hot, place)
    expect(Math.abs(dot(off, plane.column_step))).toBeLessThanOrEqual(1.5)
    expect(Math.abs(dot(off, plane.row_step))).toBeLessThanOrEqual(1.5)
    const found = brightestAlong(volume, place, plane.normal, thickness_mm)
    expect(found && distance(found, hot)).toBeLessThanOrEqual(2)
  })

  it('finds nothing on a ray beside the volume', () => {
    expect(brightestAlong(volume, [500, 0, 0], [0, 1, 0], 300)).toBeNull()
  })
})

describe('painting', () => {
  const paint = (...args: [Parameters<typeof paintPlane>[1], Parameters<typeof paintPlane>[2]]) => {
    const target = new Uint8ClampedArray(4 * 3)
    paintPlane(target, ...args)
    return [...target]
  }
  const base = {
    values: Float32Array.from([NaN, 0, 100]),
    range: { lower: 0, upper: 100 },
    inverted: false,
    outside: 0, colormap: null,
  }

  it('windows the base, and leaves black where there is no volume, inverted or not', () => {
    expect(paint(base, null)).toEqual([0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 255])
    expect(paint({ ...base, inverted: true }, null).slice(0, 8)).toEqual([0, 0, 0, 255, 255, 255, 255, 255])
  })

  it('blends a second volume by its opacity, and not below its range', () => {
    const overlay = {
      values: Float32Array.from([0.9, 9, NaN]),
      range: { lower: 1, upper: 8 },
      colormap: 'hot_iron',
      opacity: 0.6,
    } as const
    expect(paint(base, overlay)).toEqual([0, 0, 0, 255, 153, 153, 153, 255, 255, 255, 255, 255])
    // Over an image of another canvas only colour and opacity are painted.
    expect(paint(null, overlay)).toEqual([0, 0, 0, 0, 255, 255, 255, 153, 0, 0, 0, 0])
  })

  it('has the colours of PS3.6 B.1.1 and of their sources at known places', () => {
    const at = (name: Parameters<typeof colormapTable>[0], entry: number) => [
      ...colormapTable(name).subarray(entry * 3, entry * 3 + 3),
    ]
    expect(at('hot_iron', 64)).toEqual([128, 0, 0])
    expect(at('hot_iron', 192)).toEqual([255, 128, 0])
    expect(at('grey', 77)).toEqual([77, 77, 77])
    expect(at('viridis', 0)).toEqual([68, 1, 84])
    expect(at('viridis', 255)).toEqual([253, 231, 37])
    expect(at('hot', 93)).toEqual([255, 0, 0])
    expect(at('rainbow', 0)).toEqual([0, 0, 255])
  })
})

describe('masks on planes', () => {
  it('have the voxel that an element lies in, however the slices are numbered', () => {
    const shape = [2, 120, 80] as const
    const values = new Uint8Array(2 * 120 * 80)
    // One voxel, on the mask's second slice, which lies on the stack's fifth.
    values[(1 * 120 + 33) * 80 + 21] = 1
    const mask = { id: 'm', values, shape, sop_instance_uids: ['s9', 's4'], frames: [1, 1] }
    const images = Array.from({ length: 30 }, (_, k) => ({ sop_instance_uid: `s${k}`, frame: 1 }))
    const slices = maskSlices(mask, images)
    expect([slices[4], slices[9], slices[5]]).toEqual([1, 0, -1])
    const centre = voxelToPatient(GRID, [21, 33, 4])
    for (const orientation of ['axial', 'coronal', 'sagittal'] as const) {
      const camera = orientedCamera(GRID, orientation, CANVAS, centre)
      const plane = cameraPlane(camera, CANVAS, 2)
      const cut = maskOnPlane(mask, slices, GRID, plane)
      const inside = [...(cut?.values ?? [])].flatMap((value, at) => {
        if (value === 0) return []
        const [x, y] = [at % plane.columns, Math.floor(at / plane.columns)]
        const away = subtract(
          add(plane.origin_lps, add(scale(plane.column_step, x * plane.column_spacing_mm), scale(plane.row_step, y * plane.row_spacing_mm))),
          centre,
        )
        return [Math.abs(away[0]) <= 0.5 && Math.abs(away[1]) <= 0.5 && Math.abs(away[2]) <= 1]
      })
      expect(inside.length).toBeGreaterThan(4)
      expect(inside.every(Boolean)).toBe(true)
    }
  })

  it('are not drawn on a lattice that is not theirs', () => {
    const mask = { id: 'm', values: new Uint8Array(4), shape: [1, 2, 2] as const, sop_instance_uids: ['a'], frames: [1] }
    const plane = cameraPlane(orientedCamera(GRID, 'axial', CANVAS), CANVAS, 1)
    expect(maskOnPlane(mask, new Int32Array(30), GRID, plane)).toBeNull()
  })
})

it('takes a plane along with a registration', () => {
  const plane = cameraPlane(orientedCamera(GRID, 'axial', CANVAS), CANVAS, 1)
  // A quarter turn about the long axis, then ten millimetres to the left.
  const moved = transformedPlane(plane, [0, -1, 0, 10, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])
  const [x, y, z] = plane.origin_lps
  expect(moved.origin_lps).toEqual([10 - y, x, z])
  expect(moved.column_step).toEqual([0, 1, 0])
})

it('keeps slices in the smallest type that holds them exactly', () => {
  expect(joined([new Int16Array([-5, 2]), new Uint8Array([1, 255])], 2)).toEqual(new Int16Array([-5, 2, 1, 255]))
  expect(joined([new Uint16Array([65535])], 1)).toEqual(new Uint16Array([65535]))
  expect(joined([new Int16Array([1]), new Uint16Array([65535])], 1)).toEqual(new Float32Array([1, 65535]))
  expect(() => joined([new Uint8Array(3)], 2)).toThrow('not_loaded')
})

it('takes an eighth of the machine, within bounds', () => {
  expect([0.5, 4, 8, 64].map((gib) => volumeBudget_bytes(gib) / 2 ** 20)).toEqual([128, 512, 1024, 1024])
})
