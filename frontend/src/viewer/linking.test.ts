import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { RegistrationLink } from '@/geometry'

import type { DicomDataset, DicomElement } from './dicomJson'
import { describeSeries } from './frames'
import { referenceLines } from './overlay/referenceLines'
import type { StackView } from './stackView'
import { Viewer } from './viewer'

// No pixels here: what is tested is where the views go. Every picture is there at once.
vi.mock('./loader', () => ({
  cachedImage: () => ({ color: true, columns: 16, rows: 16 }),
  isCached: () => true,
  loadFrame: () => new Promise(() => undefined),
  dropPrefetch: () => undefined,
}))

const element = (...values: unknown[]): DicomElement => ({ Value: values })
const AXIAL = [1, 0, 0, 0, 1, 0]
const SAGITTAL = [0, 1, 0, 0, 0, -1]

interface Made {
  name: string
  space: string | null
  places: number[]
  orientation?: number[]
  modality?: string
}

const series = ({ name, space, places, orientation = AXIAL, modality = 'CT' }: Made) =>
  describeSeries(
    places.map(
      (at): DicomDataset => ({
        '00080060': element(modality),
        '00080018': element(`${name}.${at}`),
        '0020000D': element(`study-${name}`),
        '0020000E': element(name),
        ...(space === null ? {} : { '00200052': element(space) }),
        '00200032': orientation === AXIAL ? element(0, 0, at) : element(at, 0, 15),
        '00200037': element(...orientation),
        '00280030': element(1, 1),
        '00280010': element(16),
        '00280011': element(16),
      }),
    ),
    `/pixels/${name}`,
  )

const upTo = (count: number, step: number, from = 0): number[] =>
  Array.from({ length: count }, (_, at) => from + at * step)

const thick = series({ name: '1', space: 'A', places: upTo(9, 5) })
const thin = series({ name: '2', space: 'A', places: upTo(33, 1.25) })
const elsewhere = series({ name: '3', space: 'B', places: upTo(20, 2, 500) })
const link: RegistrationLink = {
  source: 'B',
  target: 'A',
  matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, -490, 0, 0, 0, 1],
  by: { sop_instance_uid: '9', name: 'r', date: '', contradicted: false },
}

let viewer: Viewer
const view = (index: number): StackView => viewer.views[index] as StackView
const z = (index: number): number | undefined => view(index).targetFrame?.plane_lps?.origin_lps[2]

beforeEach(() => {
  viewer = new Viewer()
  viewer.setLayout({ rows: 1, columns: 3 }, 'program')
})

describe('scrolling together', () => {
  it('goes to the same patient position in one frame of reference, whatever the spacing', () => {
    view(0).showSeries(thick, 4, 'program')
    view(1).showSeries(thin, 0, 'program')
    viewer.linker.setLinks(['scroll'], null)
    expect(z(1)).toBe(20) // brought along when linked
    view(0).scroll(1)
    expect([z(0), z(1)]).toEqual([25, 25])
    expect(viewer.linker.reportOf(view(1))).toEqual({ kind: 'same', beyond: false })
  })

  it('goes by a registration where there is one', () => {
    view(0).showSeries(thick, 2, 'program')
    view(1).showSeries(elsewhere, 0, 'program')
    viewer.setRegistrations([link])
    viewer.linker.setLinks(['scroll'], null)
    view(0).scroll(1)
    // z = 15 here is 505 there; its slices lie at 504 and 506.
    expect([504, 506]).toContain(z(1))
    view(0).scroll(1)
    expect(z(1)).toBe(510)
    expect(viewer.linker.reportOf(view(1))?.kind).toBe('registered')
  })

  it('goes by the distance between unregistered series, and says so', () => {
    view(0).showSeries(thick, 4, 'program')
    view(1).showSeries(elsewhere, 6, 'program')
    viewer.linker.setLinks(['scroll'], null)
    expect(z(1)).toBe(512) // an offset starts where both are
    view(0).scroll(2)
    expect([z(0), z(1)]).toEqual([30, 522])
    view(0).scroll(-2)
    expect(z(1)).toBe(512) // no drift by rounding
    expect(viewer.linker.reportOf(view(1))).toEqual({ kind: 'offset', beyond: false })
    viewer.linker.setLinks([], null)
    view(1).scroll(1)
    viewer.linker.setLinks(['scroll'], null)
    view(0).scroll(2)
    expect(z(1)).toBe(524) // another offset, since somebody shifted it
  })

  it('counts slices where there is no patient space', () => {
    view(0).showSeries(thick, 0, 'program')
    view(1).showSeries(series({ name: '4', space: null, places: upTo(9, 1) }), 3, 'program')
    viewer.linker.setLinks(['scroll'], null)
    view(0).scroll(2)
    expect(view(1).state.index).toBe(5)
  })

  it('never moves across other orientations, other groups, or when nobody linked', () => {
    view(0).showSeries(thick, 4, 'program')
    view(1).showSeries(series({ name: '5', space: 'A', places: upTo(9, 2), orientation: SAGITTAL }), 4, 'program')
    view(2).showSeries(thin, 4, 'program')
    view(0).scroll(1)
    expect(view(2).state.index).toBe(4)
    viewer.linker.setLinks(['scroll'], ['a', 'a', 'b'])
    view(0).scroll(1)
    expect([view(1).state.index, view(2).state.index]).toEqual([4, 4])
    expect(viewer.linker.reportOf(view(1))).toBeNull()
  })

  it('says where the linked position is outside the series', () => {
    view(0).showSeries(thick, 0, 'program')
    view(1).showSeries(series({ name: '6', space: 'A', places: upTo(4, 5) }), 0, 'program')
    viewer.linker.setLinks(['scroll'], null)
    view(0).scroll(8)
    expect(z(1)).toBe(15)
    expect(viewer.linker.reportOf(view(1))).toEqual({ kind: 'same', beyond: true })
  })

  it('LIVE-P3: moves the others as the program does, so that nobody stops following', () => {
    view(0).showSeries(thick, 4, 'program')
    view(1).showSeries(thin, 0, 'program')
    viewer.linker.setLinks(['scroll', 'window', 'zoom'], null)
    const causes: string[] = []
    view(1).changed.on((cause) => causes.push(cause))
    view(0).scroll(1)
    view(0).setVoi({ lower: 1, upper: 2, invert: false }, 'user')
    view(0).zoom(2)
    expect(causes.length).toBeGreaterThan(2)
    expect(new Set(causes)).toEqual(new Set(['program']))
  })

  it('leaves the others alone when the program moves one: a follower is led by the stage', () => {
    view(0).showSeries(thick, 4, 'program')
    view(1).showSeries(thin, 0, 'program')
    viewer.linker.setLinks(['scroll'], null)
    view(0).setIndex(0, 'program')
    expect(z(1)).toBe(20)
  })
})

describe('window and zoom together', () => {
  it('share a window only between pictures of one unit', () => {
    view(0).showSeries(thick, 0, 'program')
    view(1).showSeries(thin, 0, 'program')
    view(2).showSeries(series({ name: '7', space: 'A', places: [0], modality: 'MR' }), 0, 'program')
    const before = view(2).state.voi
    viewer.linker.setLinks(['window'], null)
    view(0).setVoi({ lower: -5, upper: 5, invert: false }, 'user')
    expect(view(1).state.voi).toEqual({ lower: -5, upper: 5, invert: false })
    expect(view(2).state.voi).toEqual(before)
  })

  it('show the same millimetres, and the same centre where positions are common', () => {
    view(0).showSeries(thick, 0, 'program')
    view(1).showSeries(thin, 0, 'program')
    view(2).showSeries(elsewhere, 0, 'program')
    viewer.linker.setLinks(['zoom'], null)
    view(0).zoomAbout([0, 0], 2)
    const [a, b, c] = [0, 1, 2].map((index) => view(index).state.camera)
    expect([b?.fit_mm, c?.fit_mm]).toEqual([a?.fit_mm, a?.fit_mm])
    expect(b?.focal_point_lps.slice(0, 2)).toEqual(a?.focal_point_lps.slice(0, 2))
    expect(c?.focal_point_lps[2]).toBe(500)
  })
})

describe('a hanging that opens', () => {
  const pet = series({ name: '9', space: 'A', places: upTo(7, 4), modality: 'PT' })
  const places = () => [0, 1, 2].map((index) => [z(index), view(index).state.camera?.fit_mm])
  const open = (order: readonly number[], leader = 1) => {
    viewer = new Viewer()
    viewer.setLayout({ rows: 1, columns: 3 }, 'program')
    const leaders = [view(leader)]
    viewer.linker.setLinks(['scroll', 'zoom'], ['a', 'a', 'a'], leaders)
    for (const index of order) {
      view(index).showSeries([pet, thin, thick][index] as typeof pet, 3 + index, 'program')
      // Each fits its own viewport: what is told apart here by hand.
      const { camera } = view(index).state
      if (camera) view(index).setCamera({ ...camera, fit_mm: 100 + index }, 'program')
      viewer.linker.welcome(view(index))
    }
    return leaders
  }

  it('goes to the place and the scale of its leader, whoever comes first', () => {
    const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    for (const order of orders) {
      viewer.linker.endOpening(open(order))
      expect(places(), String(order)).toEqual([[4, 101], [5, 101], [5, 101]])
    }
  })

  it('is led by the first of the group where the leader does not come', () => {
    for (const order of [[0, 2], [2, 0]]) {
      const leaders = open(order)
      expect(places()).toEqual([[12, 100], [undefined, undefined], [25, 102]])
      viewer.linker.endOpening(leaders)
      expect(places()).toEqual([[12, 100], [undefined, undefined], [10, 100]])
    }
  })

  it('leaves alone who has moved meanwhile', () => {
    open([0])
    view(0).scroll(2)
    const moved = z(0)
    view(1).showSeries(thin, 4, 'program')
    viewer.linker.welcome(view(1))
    expect([z(0), z(1)]).toEqual([moved, moved])
  })

  it('has one scale and two centres where a leader stands across', () => {
    const sagittal = series({ name: '10', space: 'A', places: upTo(9, 2), orientation: SAGITTAL })
    view(0).showSeries(sagittal, 1, 'program')
    view(1).showSeries(thick, 4, 'program')
    const own = view(1).state.camera
    view(0).zoom(2)
    viewer.linker.setLinks(['scroll', 'zoom'], null, [view(0)])
    expect(view(1).state.camera).toEqual({ ...own, fit_mm: view(0).state.camera?.fit_mm })
  })

  it('has one scale where nothing links the positions', () => {
    view(0).showSeries(thick, 4, 'program')
    view(1).showSeries(elsewhere, 6, 'program')
    view(0).setCamera({ ...(view(0).state.camera as NonNullable<StackView['state']['camera']>), fit_mm: 77 }, 'program')
    viewer.linker.setLinks(['zoom'], null)
    expect(view(1).state.camera).toMatchObject({ fit_mm: 77, focal_point_lps: [7.5, 7.5, 512] })
  })
})

describe('reference lines', () => {
  const sagittal = series({ name: '8', space: 'A', places: upTo(9, 2), orientation: SAGITTAL })
  const linesOf = (index: number) =>
    referenceLines(view(index), viewer.visibleViews, viewer.activeView, viewer.registrations)

  it('lie where the other picture cuts this one', () => {
    view(0).showSeries(thick, 1, 'program')
    view(1).showSeries(sagittal, 3, 'program')
    const [line] = linesOf(0)
    expect(line).toMatchObject({ index: 1, active: false })
    expect(line?.ends_lps.map(([x, , height]) => [x, height])).toEqual([
      [6, 5],
      [6, 5],
    ])
    expect(linesOf(1)[0]).toMatchObject({ index: 0, active: true })
  })

  it('are drawn for no other space, unless it is registered', () => {
    view(0).showSeries(elsewhere, 2, 'program')
    view(1).showSeries(sagittal, 3, 'program')
    expect(linesOf(0)).toEqual([])
    viewer.setRegistrations([link])
    // 504 there is 14 here.
    expect(linesOf(1)[0]?.ends_lps.map(([, , height]) => height)).toEqual([14, 14])
  })
})
