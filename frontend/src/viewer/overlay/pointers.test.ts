import { describe, expect, it } from 'vitest'

import { patientToCanvas, type PlaneCamera } from '@/geometry'
import { AXIAL } from '@/geometry/testing'

import type { StackView } from '../stackView'
import { drawPointers, FADED_AT_MM, placePointer, strengthThrough, type RemotePointer } from './pointers'

const SPACE = '1.9'
const SIZE = { width: 400, height: 400 }
const camera: PlaneCamera = {
  focal_point_lps: AXIAL.origin_lps,
  view_up: [0, -1, 0],
  view_plane_normal: [0, 0, -1],
  fit_mm: 100,
  flip_horizontal: false,
  flip_vertical: false,
}

function view(reformat: { kind: string; slab_mm: number } | null = null): StackView {
  const frame = { plane: AXIAL, plane_lps: AXIAL, sop_instance_uid: '1.2', frame: 1 }
  return {
    state: { series: { frame_of_reference_uid: SPACE }, reformat, camera },
    size: SIZE,
    shownFrame: reformat === null ? frame : null,
    shownPlane: reformat?.kind === 'plane' ? AXIAL : null,
    patientToCanvas: (point: readonly [number, number, number]) =>
      patientToCanvas(camera, SIZE, point),
  } as unknown as StackView
}

/** So many millimetres before or behind the slice. */
const pointer = (away_mm: number, changes: Partial<RemotePointer> = {}): RemotePointer => {
  const [x, y, z] = AXIAL.origin_lps
  return {
    user: 'rosa',
    name: 'Rosa',
    colour: 'red',
    series_instance_uid: '1',
    frame_of_reference_uid: SPACE,
    point_lps: [x + 10, y, z + away_mm],
    sop_instance_uid: null,
    frame: null,
    point_image: null,
    ...changes,
  }
}

describe('a pointer before or behind a slice', () => {
  it('fades in a straight line and is gone at 40 mm', () => {
    expect(strengthThrough(0, 0)).toBe(1)
    expect(strengthThrough(10, 0)).toBe(0.75)
    expect(strengthThrough(20, 0)).toBe(0.5)
    expect(strengthThrough(39.9, 0)).toBe(0.12)
    expect(strengthThrough(FADED_AT_MM, 0)).toBeNull()
  })

  it('does not fade inside a slab: that is all of the picture', () => {
    expect(strengthThrough(9, 20)).toBe(1)
    expect(strengthThrough(20, 20)).toBe(0.75)
    expect(strengthThrough(50, 20)).toBeNull()
  })

  it('has a dot where it lies in the plane, and a ring alone where it does not', () => {
    expect(placePointer(view(), pointer(0))).toMatchObject({ in_plane: true, strength: 1 })
    expect(placePointer(view(), pointer(1))?.in_plane).toBe(true)
    expect(placePointer(view(), pointer(-1.5))?.in_plane).toBe(false)
    const drawn = (away_mm: number): number =>
      drawPointers(view(), [pointer(away_mm)], [], { hand: null, letter_px: 13 })[0]?.querySelectorAll(
        '.vw-dot',
      ).length ?? -1
    expect([drawn(0), drawn(20), drawn(50)]).toEqual([1, 0, -1])
  })

  it('is shown in planes and slabs, and in a projection as what lies at no known depth', () => {
    const slab = { kind: 'plane', slab_mm: 30 }
    expect(placePointer(view(slab), pointer(14))).toMatchObject({ in_plane: true, through: false })
    const whole = { kind: 'rotation', slab_mm: 0 }
    expect(placePointer(view(whole), pointer(300))).toMatchObject({
      in_plane: false,
      through: true,
      position: placePointer(view(), pointer(0))?.position,
    })
  })

  it('LIVE-L2: is not guessed at from another frame of reference, in a projection neither', () => {
    const stranger = pointer(0, { frame_of_reference_uid: '1.8' })
    expect(placePointer(view(), stranger)).toBeNull()
    expect(placePointer(view({ kind: 'rotation', slab_mm: 0 }), stranger)).toBeNull()
  })

  it('is faint when its person has left it lying', () => {
    const opacity = (idle: boolean): number =>
      Number(
        drawPointers(view(), [pointer(0, { idle })], [], { hand: null, letter_px: 13 })[0]?.style.opacity,
      )
    expect([opacity(false), opacity(true)]).toEqual([1, 0.35])
  })

  it('is a bright dot with its way behind it while it is a laser, in the plane', () => {
    const [x, y, z] = AXIAL.origin_lps
    const laser = [[x, y, z]] as const
    const draw = (away_mm: number) =>
      drawPointers(view(), [pointer(away_mm, { laser })], [], { hand: null, letter_px: 13 })[0]
    expect(draw(0)?.querySelectorAll('.vw-laser')).toHaveLength(1)
    expect(draw(0)?.querySelector('polyline')?.getAttribute('points')).toBe('200.00,200.00 220.00,200.00')
    expect(draw(20)?.querySelectorAll('.vw-laser')).toHaveLength(0)
  })
})
