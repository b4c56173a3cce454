import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { DicomDataset, DicomElement } from './dicomJson'
import { describeSeries, type SeriesDescription } from './frames'
import { SeriesLibrary } from './seriesLibrary'
import { stageOf, StageFollower } from './stage'
import type { StackView } from './stackView'
import { Viewer } from './viewer'

vi.mock('./loader', () => ({
  cachedImage: () => ({ color: true, columns: 16, rows: 16 }),
  isCached: () => true,
  loadFrame: () => new Promise(() => undefined),
  dropPrefetch: () => undefined,
}))

const element = (...values: unknown[]): DicomElement => ({ Value: values })
const series = (uid: string, study: string): SeriesDescription =>
  describeSeries(
    [0, 1].map((z): DicomDataset => ({
      '00080060': element('CT'),
      '00080018': element(`${uid}.${z}`),
      '0020000D': element(study),
      '0020000E': element(uid),
      '00200052': element(`space-${study}`),
      '00200032': element(0, 0, z),
      '00200037': element(1, 0, 0, 0, 1, 0),
      '00280030': element(1, 1),
      '00280010': element(16),
      '00280011': element(16),
    })),
    `/pixels/${uid}`,
  )

const all = new Map(
  [series('1', '1.1'), series('2', '1.2'), series('9', '1.9'), series('8', '1.9')].map((one) => [
    one.series_instance_uid,
    one,
  ]),
)

class Library extends SeriesLibrary {
  override has(uid: string): boolean {
    return all.has(uid)
  }
  override open(uid: string): Promise<SeriesDescription> {
    return Promise.resolve(all.get(uid) as SeriesDescription)
  }
}

let viewer: Viewer
const status = (): string[] => viewer.visibleViews.map((view) => view.state.status)
const shown = (of = viewer): (string | null)[] =>
  of.visibleViews.map((view) => view.state.series?.series_instance_uid ?? null)

beforeEach(() => {
  viewer = new Viewer(new Library())
  viewer.comparison.setIdentities(new Map([['1.9', 'stranger']]))
  viewer.setLayout({ rows: 1, columns: 2 }, 'program')
})

describe('two identities on one screen', () => {
  it('are refused, with a word, until somebody chooses to compare', async () => {
    expect(await viewer.show(0, '1', 'user')).toBe(true)
    expect(await viewer.show(1, '9', 'user')).toBe(false)
    expect(status()).toEqual(['ready', 'other_identity'])
    viewer.comparison.choose(true, 'user')
    await vi.waitFor(() => expect(shown()).toEqual(['1', '9']))
    expect(viewer.comparison.isMixed(viewer.visibleViews)).toBe(true)
    viewer.comparison.choose(false, 'user')
    expect(shown()).toEqual(['1', null])
    expect(status()).toEqual(['ready', 'other_identity'])
  })

  it('are refused in whatever order they arrive', async () => {
    await Promise.all([viewer.show(0, '9', 'program'), viewer.show(1, '1', 'program')])
    expect(status().filter((one) => one === 'other_identity')).toHaveLength(1)
    expect(viewer.comparison.isMixed(viewer.visibleViews)).toBe(false)
  })

  it('may be seen one after the other, and two studies of one identity together', async () => {
    await viewer.show(0, '1', 'user')
    viewer.setLayout({ rows: 1, columns: 1 }, 'user')
    expect(await viewer.show(0, '9', 'user')).toBe(true)
    viewer.setLayout({ rows: 1, columns: 2 }, 'user')
    expect(await viewer.show(1, '8', 'user')).toBe(true)
    await Promise.all([viewer.show(0, '1', 'user'), viewer.show(1, '2', 'user')])
    expect(shown()).toEqual(['1', '2'])
  })

  it('part at once when a study turns out to be another patient’s', async () => {
    await viewer.show(0, '1', 'user')
    await viewer.show(1, '2', 'user')
    viewer.comparison.setIdentities(new Map([['1.2', 'other']]))
    expect(shown()).toEqual(['1', null])
  })

  it('lie over each other only while somebody compares', async () => {
    await viewer.show(0, '1', 'user')
    const [view] = viewer.views as [StackView]
    await viewer.planes.fuse(view, '9', 'user')
    expect(view.planes.fusedOn).toBeNull()
    expect(view.state.planes.fusion_refusal?.code).toBe('other_identity')
    viewer.comparison.choose(true, 'user')
    await viewer.planes.fuse(view, '9', 'user')
    expect(view.planes.fusedOn?.series_instance_uid).toBe('9')
    expect(viewer.comparison.isMixed(viewer.visibleViews)).toBe(true)
    viewer.comparison.choose(false, 'user')
    expect(shown()[0]).toBe('1')
    expect([view.planes.fusedOn, view.state.fusion]).toEqual([null, null])
    expect(view.state.planes.fusion_refusal?.code).toBe('other_identity')
  })

  it('stand on a follower’s screen only while the presenter compares', async () => {
    viewer.comparison.choose(true, 'user')
    await viewer.show(0, '1', 'user')
    await viewer.show(1, '9', 'user')
    const stage = stageOf(viewer, { focus: null, held: false })
    expect(stage.comparison).toBe(true)
    const other = new Viewer(new Library())
    other.comparison.setIdentities(new Map([['1.9', 'stranger']]))
    const follower = new StageFollower(other)
    follower.apply(stage)
    await vi.waitFor(() => expect(shown(other)).toEqual(['1', '9']))
    // A presenter of an older client cannot say so.
    follower.apply({ ...stage, comparison: undefined })
    await vi.waitFor(() => expect(shown(other)).toEqual(['1', null]))
  })
})

it('moves between viewports in two dimensions, and stays at the edge', () => {
  viewer.setLayout({ rows: 3, columns: 4 }, 'program')
  const steps: [number, number][] = [
    [1, 0],
    [0, 1],
    [1, 0],
    [1, 0],
    [0, 1],
    [0, 1],
    [0, 1],
    [-1, 0],
  ]
  const seen = steps.map(([down, right]) => {
    viewer.moveActive(down, right)
    return viewer.active
  })
  expect(seen).toEqual([4, 5, 9, 9, 10, 11, 11, 7])
})
