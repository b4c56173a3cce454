import { beforeEach, describe, expect, it, vi } from 'vitest'

import { distanceToPlane_mm, type RegistrationLink, type Vec3 } from '@/geometry'
import type { Viewport } from '@/protocol/generated'

import type { DicomDataset, DicomElement } from '../dicomJson'
import { describeSeries } from '../frames'
import { shapesOn } from '../overlay/measurements'
import { applyViewport, stageOf } from '../stage'
import type { StackView } from '../stackView'
import { Viewer } from '../viewer'
import { THIN } from './reformat'
import { VolumeRefused } from './refusal'
import { LocalSampler } from './sampler'
import { VolumeShelf } from './shelf'

vi.mock('../loader', () => {
  const pixels = new Int16Array(16 * 16).fill(7)
  const image = { color: false, columns: 16, rows: 16, getPixelData: () => pixels }
  return {
    cachedImage: () => image,
    isCached: () => true,
    loadFrame: () => Promise.resolve(image),
    dropPrefetch: () => undefined,
  }
})

const element = (...values: unknown[]): DicomElement => ({ Value: values })

const HEIGHTS = [0, 5, 10, 15, 20]
function series(name: string, space: string, is_volume = true, heights = HEIGHTS) {
  const instances = heights.map(
    (z): DicomDataset => ({
      '00080060': element('CT'),
      '00080018': element(`${name}.${z}`),
      '0020000D': element('1'),
      '0020000E': element(name),
      '00200052': element(space),
      '00200032': element(0, 0, z),
      '00200037': element(1, 0, 0, 0, 1, 0),
      '00280030': element(1, 1),
      '00280010': element(16),
      '00280011': element(16),
      '00281052': element(0),
      '00281053': element(1),
    }),
  )
  const warnings = is_volume ? [] : [{ code: 'gantry_tilt', message: 'Gantry tilt of 12 degrees' }]
  const frames = heights.flatMap((_, at) => [at, 1])
  return describeSeries(instances, `/pixels/${name}`, [
    { number: 1, facets: [], is_volume, warnings, frames },
  ])
}

const CT = series('1.1', 'space-a')
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

describe('planes of a viewport', () => {
  let viewer: Viewer
  let view: StackView
  beforeEach(() => {
    viewer = new Viewer()
    view = viewer.views[0] as StackView
    view.showSeries(CT, 2, 'user')
  })

  it('shows no image while it shows a plane, and the same image again afterwards', () => {
    expect(viewer.planes.orient(view, 'coronal')).toBe(true)
    expect(view.shownFrame).toBeNull()
    expect(view.state.camera?.view_plane_normal).toEqual([0, -1, 0])
    viewer.planes.orient(view, null)
    expect(view.shownFrame?.sop_instance_uid).toBe('1.1.10')
    expect(view.state.camera?.view_plane_normal[2]).toBe(-1)
  })

  it('scrolls by voxels along the plane, not by images', () => {
    viewer.planes.orient(view, 'coronal')
    const before = view.state.camera?.focal_point_lps[1] ?? 0
    view.scroll(1)
    expect(view.state.camera?.focal_point_lps[1]).toBeCloseTo(before + 1, 9)
    view.scroll(999)
    expect(view.state.camera?.focal_point_lps[1]).toBeCloseTo(15, 9)
    expect(view.state.index).toBe(2)
  })

  it.each([
    ['gantry tilt, in the words of the archive', series('1.2', 'space-a', false), 'not_a_volume'],
    ['a gap the archive did not see', series('1.3', 'space-a', true, [0, 5, 15, 20]), 'not_a_volume'],
    ['images without a frame of reference', series('1.4', ''), 'no_patient_space'],
  ])('refuses %s and shows the images still', (_name, odd, code) => {
    view.showSeries(odd, 0, 'user')
    expect(viewer.planes.orient(view, 'axial')).toBe(false)
    expect(view.state.reformat).toBeNull()
    expect(view.state.planes.refusal?.code).toBe(code)
    if (code === 'not_a_volume' && odd.stacks[0]?.is_volume === false) {
      expect(view.state.planes.refusal?.details).toEqual(['Gantry tilt of 12 degrees'])
    }
    expect(view.shownFrame).not.toBeNull()
    view.showSeries(CT, 0, 'user')
    expect(view.state.planes.refusal).toBeNull()
  })

  it('draws a measurement where a plane holds all of it, and nowhere else', async () => {
    const drawn = (points_lps: Vec3[]) => ({
      id: 'm', kind: 'length' as const, sop_instance_uid: '1.1.10', frame: 1, points_lps,
      frame_of_reference_uid: 'space-a',
      points_image: null, text: '', caption: '', colour: '', pending: false, editable: true,
    })
    viewer.planes.orient(view, 'coronal')
    vi.spyOn(view, 'shownPlane', 'get').mockReturnValue({
      origin_lps: [0, 7.5, 20], column_step: [1, 0, 0], row_step: [0, 0, -1], normal: [0, 1, 0],
      column_spacing_mm: 1, row_spacing_mm: 1, columns: 16, rows: 20,
    })
    const inPlane = drawn([[2, 7.5, 10], [9, 7.8, 10]])
    const across = drawn([[2, 2, 10], [2, 9, 10]])
    expect(shapesOn(view, [inPlane, across]).map(({ measurement }) => measurement)).toEqual([inPlane])
    expect(shapesOn(view, [{ ...inPlane, sop_instance_uid: 'another series' }])).toEqual([])
  })
})

describe('the crosshair', () => {
  it('takes planes and images through its point, and turns the others about the first', () => {
    const viewer = new Viewer()
    viewer.setLayout({ rows: 1, columns: 3 }, 'user')
    const [axial, coronal, native] = viewer.views as [StackView, StackView, StackView]
    for (const view of [axial, coronal, native]) view.showSeries(CT, 0, 'user')
    viewer.planes.orient(axial, 'axial')
    viewer.planes.orient(coronal, 'coronal')
    const before = axial.state.camera
    viewer.planes.moveCrosshair(axial, [3, 4, 16])
    expect(axial.state.camera).toBe(before)
    expect(coronal.state.camera?.focal_point_lps[1]).toBeCloseTo(4, 9)
    expect(native.targetFrame?.sop_instance_uid).toBe('1.1.15')
    viewer.planes.turnCrosshair(axial, Math.PI / 6)
    const { view_plane_normal: normal, focal_point_lps } = coronal.state.camera ?? {}
    // Turned about the eye's direction (towards the feet), by the right hand.
    expect(normal?.[0]).toBeCloseTo(-0.5, 9)
    expect(normal?.[1]).toBeCloseTo(-Math.sqrt(3) / 2, 9)
    const plane = { origin_lps: focal_point_lps, normal } as never
    expect(distanceToPlane_mm(plane, [3, 4, 16])).toBeCloseTo(0, 9)
  })
})

describe('fusion', () => {
  const fusion = {
    series_instance_uid: '2.1', stack: 1, opacity: 0.6, colormap: 'hot_iron',
    range: { lower: 1, upper: 8 },
  } as const
  const link: RegistrationLink = {
    source: 'space-b', target: 'space-a', matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 30, 0, 0, 0, 1],
    by: { sop_instance_uid: '9', name: 'MR to CT', date: '20260301', contradicted: false },
  }

  it('is refused between frames of reference, until a registration links them, and says which', () => {
    const viewer = new Viewer()
    const view = viewer.views[0] as StackView
    view.showSeries(CT, 0, 'user')
    view.setFusion(fusion, series('2.1', 'space-b'), 'user')
    expect(view.state.planes.fusion_refusal?.code).toBe('frame_of_reference_mismatch')
    viewer.setRegistrations([link])
    expect(view.state.planes.fusion_refusal).toBeNull()
    expect(viewer.registeredBy(view)?.name).toBe('MR to CT')
    viewer.setRegistrations([])
    expect(view.state.planes.fusion_refusal?.code).toBe('frame_of_reference_mismatch')
  })

  it('needs no link within one frame of reference', () => {
    const viewer = new Viewer()
    const view = viewer.views[0] as StackView
    view.showSeries(CT, 0, 'user')
    view.setFusion(fusion, series('2.1', 'space-a'), 'user')
    expect(view.state.planes).toMatchObject({ fusion_refusal: null, registered: null })
  })
})

describe('LIVE-P6 planes on the stage', () => {
  const presenter = new Viewer()
  const shown = presenter.views[0] as StackView
  shown.showSeries(CT, 1, 'user')
  presenter.planes.orient(shown, 'sagittal')
  presenter.planes.setSlab(shown, { projection: 'mean', slab_mm: 10 })
  shown.zoom(1.7)
  shown.rotate(20)

  it('a follower shows the same plane, slab and camera', () => {
    const [viewport] = stageOf(presenter, { focus: null, held: false }).viewports
    expect(viewport?.reformat).toEqual({ kind: 'plane', projection: 'mean', slab_mm: 10 })
    const follower = new Viewer().views[0] as StackView
    follower.showSeries(CT, 4, 'program')
    applyViewport(follower, viewport as Viewport)
    expect(follower.state.reformat).toEqual(shown.state.reformat)
    expect(follower.state.camera).toEqual(shown.state.camera)
    applyViewport(follower, { ...(viewport as Viewport), reformat: undefined })
    expect(follower.state.reformat).toBeNull()
  })

  it('what refuses here keeps its images and its own camera, and says why', () => {
    const [viewport] = stageOf(presenter, { focus: null, held: false }).viewports
    const follower = new Viewer().views[0] as StackView
    // The same images, in which this archive has found a tilt.
    follower.showSeries(series('1.1', 'space-a', false), 4, 'program')
    applyViewport(follower, viewport as Viewport)
    expect(follower.state.reformat).toBeNull()
    expect(follower.state.planes.refusal?.code).toBe('not_a_volume')
    expect(follower.state.camera?.view_plane_normal[2]).toBe(-1)
  })

  it('says nothing of planes where there are none', () => {
    const plain = new Viewer()
    plain.views[0]?.showSeries(CT, 1, 'user')
    const [viewport] = stageOf(plain, { focus: null, held: false }).viewports
    expect(Object.keys(viewport ?? {})).not.toContain('reformat')
  })
})

describe('the shelf', () => {
  const [stack] = CT.stacks
  if (stack === undefined) throw new Error('the series has no stack')
  const BYTES = 16 * 16 * 5 * 2

  it('holds a volume once for all who show it, and gives up the unused for the next', async () => {
    const sampler = new LocalSampler()
    const hold = vi.spyOn(sampler, 'hold')
    const drop = vi.spyOn(sampler, 'drop')
    const shelf = new VolumeShelf(sampler, BYTES * 1.5)
    const [one, two] = [{}, {}]
    const held = await shelf.acquire(one, CT, stack)
    expect(await shelf.acquire(two, CT, stack)).toBe(held)
    expect(hold).toHaveBeenCalledTimes(1)
    expect(held.bytes).toBe(BYTES)
    const other = series('7.7', 'space-a')
    const its = other.stacks[0] ?? stack
    shelf.release(one)
    await expect(shelf.acquire(one, other, its)).rejects.toBeInstanceOf(VolumeRefused)
    shelf.release(two)
    await shelf.acquire(one, other, its)
    expect(drop).toHaveBeenCalledWith(held.id)
  })

  it('refuses by name what does not fit at all', async () => {
    const shelf = new VolumeShelf(new LocalSampler(), BYTES - 1)
    await expect(shelf.acquire({}, CT, stack)).rejects.toMatchObject({
      refusal: { code: 'too_large' },
    })
  })

  it('says why in the viewport, and shows the images still', async () => {
    const view = new Viewer().views[0] as StackView
    view.showSeries(CT, 0, 'user')
    vi.spyOn(VolumeShelf.prototype, 'acquire').mockRejectedValueOnce(new VolumeRefused('too_large'))
    view.setReformat(THIN, 'user')
    await settle()
    expect(view.state.reformat).toBeNull()
    expect(view.state.planes.refusal?.code).toBe('too_large')
    // A presenter's next move does not ask again.
    expect(view.setReformat(THIN, 'program')).toBe(false)
  })
})

describe('the next image under a second volume', () => {
  it('comes with its colours, and says so while they are on their way', async () => {
    const context = {
      setTransform: () => undefined,
      fillRect: () => undefined,
      clearRect: () => undefined,
      drawImage: () => undefined,
      putImageData: () => undefined,
      createImageData: (columns: number, rows: number) => ({
        data: new Uint8ClampedArray(columns * rows * 4),
      }),
    }
    const stub = vi
      .spyOn(HTMLCanvasElement.prototype, 'getContext')
      .mockReturnValue(context as unknown as RenderingContext as never)
    const viewer = new Viewer()
    const view = viewer.views[0] as StackView
    view.planes.attach(document.createElement('div'))
    view.showSeries(CT, 2, 'user')
    const over = series('1.8', 'space-a')
    const range = { lower: 0, upper: 10 }
    const look = { opacity: 0.5, colormap: 'hot' as const, range }
    view.setFusion({ series_instance_uid: '1.8', stack: 1, ...look }, over, 'user')
    expect(view.state.planes.fusion_loading).toBe(true)
    await vi.waitFor(() => expect(view.planes.shown?.request.plane.origin_lps[2]).toBe(10))
    expect(view.state.planes.fusion_loading).toBe(false)
    view.setIndex(3, 'user')
    expect([view.state.index, view.state.shown_index]).toEqual([3, 2])
    await vi.waitFor(() => expect(view.state.shown_index).toBe(3))
    expect(view.planes.shown?.request.plane.origin_lps[2]).toBe(15)
    expect(view.state.planes.fusion_loading).toBe(false)
    stub.mockRestore()
  })
})
