import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { Viewport } from '@/protocol/generated'

import type { DicomDataset, DicomElement } from './dicomJson'
import { describeSeries } from './frames'
import { applyViewport, stageOf } from './stage'
import { arrangeStacks, shareWindow, stackAt, type StackDescription, type WireStack } from './stacks'
import { StackView } from './stackView'
import { Viewer } from './viewer'

// No pixels here: what is tested is which frame is asked for.
vi.mock('./loader', () => ({
  cachedImage: () => null,
  loadFrame: () => new Promise(() => undefined),
  dropPrefetch: () => undefined,
}))

const element = (...values: unknown[]): DicomElement => ({ Value: values })

/** Echo 1 and 2 at each of three heights, as they lie in the archive: stack by stack. */
const slice = (echo: number, z: number): DicomDataset => ({
  '00080060': element('MR'),
  '00080018': element(`1.2.${echo}.${z}`),
  '0020000D': element('1.2'),
  '0020000E': element('1.2.3'),
  '00200052': element('1.9'),
  '00200032': element(0, 0, z * 10),
  '00200037': element(1, 0, 0, 0, 1, 0),
  '00280030': element(1, 1),
  '00280010': element(16),
  '00280011': element(16),
  '00281050': element(echo * 100),
  '00281051': element(50),
})
const instances = [1, 2].flatMap((echo) => [0, 1, 2].map((z) => slice(echo, z)))
const stack = (number: number, frames: number[], axis = 'echo_time_ms'): WireStack => ({
  number,
  facets: [{ axis, value: number * 20, number }],
  is_volume: true,
  warnings: [],
  frames,
})
const WIRE = [stack(1, [0, 1, 1, 1, 2, 1]), stack(2, [3, 1, 4, 1, 5, 1])]
const series = describeSeries(instances, '/pixels/key', WIRE)

describe('arranging stacks', () => {
  it('puts the frames stack by stack, whatever the order of the document', () => {
    const mixed = [stack(1, [0, 1, 4, 1]), stack(2, [5, 1, 1, 1])]
    const arranged = describeSeries(instances, '/p', mixed)
    expect(arranged.frames.map((frame) => frame.sop_instance_uid)).toEqual([
      '1.2.1.0',
      '1.2.2.1',
      '1.2.2.2',
      '1.2.1.1',
      '1.2.1.2',
      '1.2.2.0',
    ])
    expect(arranged.stacks.map(({ start, count }) => [start, count])).toEqual([
      [0, 2],
      [2, 2],
      [4, 2],
    ])
    expect(arranged.stacks[2]?.facets[0]?.axis).toBe('undecodable')
  })

  it('loses and doubles nothing where the document is wrong', () => {
    const wrong = [stack(1, [0, 1, 0, 1, 99, 1, 1, 7, -1, 1, 3])]
    const { frames, stacks } = arrangeStacks(
      series.frames.map((frame) => [frame]),
      wrong,
    )
    expect(new Set(frames).size).toBe(6)
    expect(stacks.map(({ count }) => count)).toEqual([1, 5])
  })

  it('is one nameless stack where there is nothing to tell', () => {
    const plain = describeSeries(instances, '/p')
    expect(plain.stacks).toMatchObject([{ facets: [], start: 0, count: 6 }])
    expect(stackAt(plain.stacks, 6)).toBeNull()
  })

  it('shares a window between times, not between echoes', () => {
    const described = (axis: string, number: number): StackDescription => ({
      ...stack(number, [], axis),
      start: 0,
      count: 1,
    })
    expect(shareWindow(described('acquired_at', 1), described('acquired_at', 2))).toBe(true)
    expect(shareWindow(described('echo_time_ms', 1), described('echo_time_ms', 2))).toBe(false)
  })
})

describe('scrolling', () => {
  let view: StackView
  beforeEach(() => {
    view = new StackView()
    view.showSeries(series, 1, 'user')
  })

  it('stays inside the stack', () => {
    view.scroll(99)
    expect(view.state.index).toBe(2)
    view.scrollToEnd('first')
    expect(view.state.index).toBe(0)
    view.scroll(-1)
    expect(view.state.index).toBe(0)
  })

  it('goes to the same place in the next stack, with its own window, and no further', () => {
    view.scroll(1)
    view.stepStack(1)
    expect(view.targetFrame?.sop_instance_uid).toBe('1.2.2.2')
    expect(view.state.voi).toMatchObject({ lower: 175 })
    view.stepStack(1)
    expect(view.stack?.number).toBe(2)
    view.scroll(-99)
    expect(view.targetFrame?.sop_instance_uid).toBe('1.2.2.0')
  })

  it('keeps a window that somebody chose, and the camera', () => {
    const camera = view.state.camera
    view.setVoi({ lower: 1, upper: 2, invert: false }, 'user')
    view.stepStack(1)
    expect(view.state.voi).toEqual({ lower: 1, upper: 2, invert: false })
    expect(view.state.camera?.fit_mm).toBe(camera?.fit_mm)
  })
})

describe('following', () => {
  it('LIVE-L1: a follower is brought to the stack of the presenter, by image, not by number', () => {
    const presenter = new Viewer()
    presenter.views[0]?.showSeries(series, 0, 'user')
    presenter.views[0]?.showStack(2, 'user')
    const [shown] = stageOf(presenter, { focus: null, held: false }).viewports
    const follower = new StackView()
    // Here the stacks came in another order: the server may know more of the series meanwhile.
    const other = describeSeries(instances, '/pixels/new', [...WIRE].reverse())
    follower.showSeries(other, 4, 'program')
    applyViewport(follower, shown as Viewport)
    expect(follower.targetFrame?.sop_instance_uid).toBe('1.2.2.0')
    expect(follower.stack?.facets[0]?.value).toBe(40)
    expect(follower.state.camera?.focal_point_lps[2]).toBe(0)
  })
})
