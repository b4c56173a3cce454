import { describe, expect, it } from 'vitest'

import { patientToCanvas, type PlaneCamera } from '@/geometry'
import { AXIAL } from '@/geometry/testing'
import type { Viewport } from '@/protocol/generated'

import type { StackView } from '../stackView'
import { drawPresented, presentedBox } from './presented'

const camera: PlaneCamera = {
  focal_point_lps: AXIAL.origin_lps,
  view_up: [0, -1, 0],
  view_plane_normal: [0, 0, -1],
  fit_mm: 90,
  flip_horizontal: false,
  flip_vertical: false,
}
const view = (width: number, height: number, kind: string | null = null): StackView =>
  ({
    state: { series: { series_instance_uid: '1.2' }, camera, reformat: kind && { kind } },
    size: { width, height },
    shownFrame: { plane: AXIAL },
    patientToCanvas: (point: readonly [number, number, number]) =>
      patientToCanvas(camera, { width, height }, point),
  }) as unknown as StackView
const told = (visible_mm: [number, number], series = '1.2'): Viewport =>
  ({
    series_instance_uid: series,
    camera: { ...camera },
    image_camera: null,
    visible_mm,
  }) as unknown as Viewport
const edgesOf = (screen: StackView, viewport: Viewport) => {
  const [group] = drawPresented(screen, viewport, 'Rosa sees this')
  return group && { edges: group.dataset.edges, marks: group.querySelectorAll('.vw-presented-mark').length }
}

describe('LIVE-V2: the outline on a screen of another shape', () => {
  it('has two edges on a wider screen, and says whose it is', () => {
    expect(edgesOf(view(1600, 900), told([180, 180]))).toEqual({ edges: '2', marks: 0 })
    const [group] = drawPresented(view(1600, 900), told([180, 180]), 'Rosa sees this')
    expect(group?.textContent).toBe('Rosa sees this')
  })

  it('has none on a narrower one, but a mark where theirs goes on', () => {
    expect(edgesOf(view(600, 600), told([320, 180]))).toEqual({ edges: '0', marks: 2 })
  })

  it('is not drawn while shapes agree, of another series, or in a 3D picture', () => {
    expect(drawPresented(view(1600, 900), told([322, 180]), '')).toEqual([])
    expect(drawPresented(view(1600, 900), told([180, 180], '9.9'), '')).toEqual([])
    expect(presentedBox(view(1600, 900, 'solid'), told([180, 180]))).toBeNull()
    expect(drawPresented(view(1600, 900), null, '')).toEqual([])
  })

  it('is in image pixels where there is no patient space', () => {
    // AXIAL's spacing makes the millimetres of its own pixels.
    const { column_spacing_mm, row_spacing_mm } = AXIAL
    const viewport = {
      ...told([1, 1]),
      camera: null,
      image_camera: { center: [0, 0], fit_px: 1 },
      visible_mm: null,
      visible_px: [180 / column_spacing_mm, 180 / row_spacing_mm],
    } as unknown as Viewport
    const box = presentedBox(view(1600, 900), viewport)
    expect(box?.left).toBeCloseTo(350, 6)
    expect(box?.right).toBeCloseTo(1250, 6)
  })
})
