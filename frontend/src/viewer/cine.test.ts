import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { cineStep, framesPerSecondOf } from './cine'
import type { DicomDataset, DicomElement } from './dicomJson'
import { describeSeries } from './frames'
import { timeSiblings, type WireStack } from './stacks'
import type { StackView } from './stackView'
import { Viewer } from './viewer'

vi.mock('./loader', () => ({
  cachedImage: () => ({ color: true, columns: 16, rows: 16 }),
  isCached: () => true,
  loadFrame: () => new Promise(() => undefined),
  dropPrefetch: () => undefined,
}))

const element = (...values: unknown[]): DicomElement => ({ Value: values })

describe('how fast', () => {
  it('is what the file says, in the order of what it may say', () => {
    expect(framesPerSecondOf({})).toBeNull()
    expect(framesPerSecondOf({ '00181063': element(40) })).toBe(25)
    expect(framesPerSecondOf({ '00181063': element(40), '00180040': element(15) })).toBe(15)
    expect(framesPerSecondOf({ '00082144': element(8), '00180040': element(15) })).toBe(8)
    expect(framesPerSecondOf({ '00181063': element(0) })).toBeNull()
    expect(framesPerSecondOf({ '00082144': element(5000) })).toBe(60)
  })
})

describe('where next', () => {
  const run = (count: number, mode: 'loop' | 'bounce', steps: number): number[] => {
    let now: { at: number; direction: 1 | -1 } = { at: 0, direction: 1 }
    return Array.from({ length: steps }, () => {
      now = cineStep(now.at, count, now.direction, mode)
      return now.at
    })
  }
  it('is round and round, or to and fro without standing at the ends', () => {
    expect(run(3, 'loop', 6)).toEqual([1, 2, 0, 1, 2, 0])
    expect(run(3, 'bounce', 6)).toEqual([1, 2, 1, 0, 1, 2])
    expect(run(1, 'bounce', 2)).toEqual([0, 0])
  })
})

const TIMES = 3
const SLICES = 2
const instances = Array.from(
  { length: TIMES * SLICES },
  (_, at): DicomDataset => ({
    '00080060': element('MR'),
    '00080018': element(`1.${at}`),
    '0020000E': element('1'),
    '00200052': element('A'),
    '00200032': element(0, 0, (at % SLICES) * 10),
    '00200037': element(1, 0, 0, 0, 1, 0),
    '00280030': element(1, 1),
    '00280010': element(16),
    '00280011': element(16),
    '00181063': element(100),
  }),
)
const stack = (number: number, axis: string): WireStack => ({
  number,
  facets: [{ axis, value: number, number }],
  is_volume: true,
  warnings: [],
  frames: [0, 1].flatMap((slice) => [(number - 1) * SLICES + slice, 1]),
})
const fourD = describeSeries(instances, '/p', [1, 2, 3].map((one) => stack(one, 'temporal_position')))

it('the time points of a series are told from its echoes', () => {
  const [first] = fourD.stacks
  expect(first && timeSiblings(fourD.stacks, first).length).toBe(TIMES)
  const echoes = describeSeries(instances, '/p', [1, 2, 3].map((one) => stack(one, 'echo_time_ms'))).stacks
  expect(echoes[0] && timeSiblings(echoes, echoes[0]).length).toBe(1)
})

describe('playing', () => {
  let viewer: Viewer
  let view: StackView
  let frames: FrameRequestCallback[]
  let now_ms: number
  /** Animation frames for so long. */
  const pass = (duration_ms: number): void => {
    for (const end_ms = now_ms + duration_ms; now_ms < end_ms; ) {
      now_ms += 10
      for (const frame of frames.splice(0)) frame(now_ms)
    }
  }
  beforeEach(() => {
    frames = []
    now_ms = 1000
    vi.stubGlobal('requestAnimationFrame', (frame: FrameRequestCallback) => frames.push(frame))
    vi.stubGlobal('cancelAnimationFrame', () => undefined)
    viewer = new Viewer()
    view = viewer.views[0] as StackView
    view.showSeries(fourD, 0, 'program')
  })
  afterEach(() => vi.unstubAllGlobals())

  it('runs at the speed of the file, through the stack and no further', () => {
    const seen = new Set<number>()
    let moves = 0
    viewer.cine.play(view)
    view.changed.on(() => {
      seen.add(view.state.index)
    })
    const before = view.setIndex.bind(view)
    vi.spyOn(view, 'setIndex').mockImplementation((...told) => {
      moves += 1
      before(...told)
    })
    pass(1000)
    expect(moves).toBeGreaterThanOrEqual(10)
    expect(moves).toBeLessThanOrEqual(11)
    expect(seen).toEqual(new Set([0, 1]))
  })

  it('stays at the slice and goes through the time points', () => {
    viewer.cine.set(view, { axis: 'time' })
    view.setIndex(1, 'user')
    const seen = new Set<number>()
    view.changed.on(() => seen.add(view.state.index))
    viewer.cine.play(view)
    pass(600)
    expect(seen).toEqual(new Set([1, 3, 5]))
  })

  it('stops when anybody scrolls, not when somebody windows; and detaches nobody', () => {
    const causes: string[] = []
    viewer.cine.play(view)
    view.changed.on((cause) => causes.push(cause))
    pass(300)
    view.setVoi({ lower: 0, upper: 9, invert: false }, 'program')
    expect(viewer.cine.isPlaying(view)).toBe(true)
    expect(new Set(causes)).toEqual(new Set(['program']))
    view.stepStack(1)
    expect(viewer.cine.isPlaying(view)).toBe(false)
    const { index } = view.state
    pass(500)
    expect(view.state.index).toBe(index)
  })
})
