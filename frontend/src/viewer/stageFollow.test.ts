import { beforeEach, describe, expect, it, vi } from 'vitest'

import { personMoves } from './stageFollowing.testing'
import { StageFollower, stageOf } from './stage'
import type { Viewer } from './viewer'

vi.mock('./loader', () => {
  const pixels = new Int16Array(16 * 16).fill(7)
  const image = { color: false, columns: 16, rows: 16, getPixelData: () => pixels }
  return {
    cachedImage: () => image,
    isCached: () => true,
    loadFrame: () => Promise.resolve(image),
    dropPrefetch: () => undefined,
  }
})

/** What a person sees; by JSON, for which there is no minus zero. */
const states = (viewer: Viewer): unknown =>
  JSON.parse(
    JSON.stringify([
      viewer.layout,
      viewer.active,
      ...viewer.visibleViews.map(({ state }) => ({
        series: state.series?.series_instance_uid ?? null,
        index: state.index,
        camera: state.camera,
        voi: state.voi,
        reformat: state.reformat,
        fusion: state.fusion,
      })),
    ]),
  )

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve()
}

describe('LIVE-V1: a follower shows all of the stage', () => {
  let presenter: Viewer
  let follower: Viewer
  let following: StageFollower
  /** By JSON, as it travels. */
  const tell = async (): Promise<void> => {
    const stage = stageOf(presenter, { focus: null, held: false })
    following.apply(JSON.parse(JSON.stringify(stage)) as typeof stage)
    await settle()
  }
  beforeEach(async () => {
    // One picture at a time, and none to wait for: every stage is applied at once.
    vi.stubGlobal('requestAnimationFrame', (frame: FrameRequestCallback) => queueMicrotask(() => frame(0)))
    vi.stubGlobal('setTimeout', (then: () => void) => queueMicrotask(then))
    ;[presenter, follower] = [personMoves.viewer(), personMoves.viewer()]
    following = new StageFollower(follower)
    presenter.setLayout({ rows: 1, columns: 2 }, 'user')
    await presenter.show(0, '1.1', 'user')
    await presenter.show(1, '1.2', 'user')
    await tell()
    return () => vi.unstubAllGlobals()
  })

  it.each(Object.entries(personMoves.acts))('%s', async (_name, act) => {
    act(presenter)
    await settle()
    expect(states(follower)).not.toEqual(states(presenter))
    await tell()
    expect(states(follower)).toEqual(states(presenter))
  })

  it('a running cine is told with its speed, is never started here, and ends', async () => {
    const [view, theirs] = [presenter.views[0], follower.views[0]]
    if (!view || !theirs) throw new Error('no view')
    presenter.cine.set(view, { frames_per_second: 12, mode: 'bounce' })
    presenter.cine.play(view)
    await tell()
    expect(follower.cine.isFollowed(theirs)).toBe(true)
    expect(follower.cine.isPlaying(theirs)).toBe(false)
    expect(follower.cine.settingsOf(theirs)).toEqual({
      frames_per_second: 12,
      mode: 'bounce',
      axis: 'slices',
    })
    // Each picture comes from the presenter.
    view.setIndex(3, 'program')
    presenter.cine.play(view)
    await tell()
    expect(theirs.state.index).toBe(3)
    presenter.cine.stop(view)
    await tell()
    expect(follower.cine.isFollowed(theirs)).toBe(false)
  })

  it('whoever stops following is left with no cine of others', async () => {
    const [view, theirs] = [presenter.views[0], follower.views[0]]
    if (!view || !theirs) throw new Error('no view')
    presenter.cine.play(view)
    await tell()
    following.stop()
    expect(follower.cine.isFollowed(theirs)).toBe(false)
  })

  it('a document opens at its page and part; who may not read it sees no other in its place', async () => {
    const letter = { id: 'd1', title: 'Letter', date: '', study_instance_uid: '1', page_url: '/p/' }
    presenter.documents.open(1, letter)
    presenter.documents.setPages(1, 5)
    presenter.documents.measure(1, 0.7, 1.6)
    presenter.documents.turnTo(1, 3)
    presenter.documents.zoom(1, 2)
    presenter.documents.pan(1, [0, -0.25])
    await tell()
    expect(follower.documents.at(1)).toBeNull()
    expect(follower.documents.isWithheld(1)).toBe(true)
    follower.documents.setKnown([letter])
    follower.documents.measure(1, 0.7, 1.6)
    expect(follower.documents.isWithheld(1)).toBe(false)
    expect(follower.documents.at(1)).toMatchObject({ id: 'd1', page: 3, zoom: 2, centre: [0.5, 0.25] })
    presenter.documents.close(1)
    await tell()
    expect(follower.documents.at(1)).toBeNull()
    expect(follower.documents.isWithheld(1)).toBe(false)
  })

  it('turning pages oneself is navigating, being taken along is not', async () => {
    const letter = { id: 'd1', title: 'Letter', date: '', study_instance_uid: '1', page_url: '/p/' }
    follower.documents.setKnown([letter])
    presenter.documents.open(0, letter)
    const causes: string[] = []
    follower.changed.on((cause) => causes.push(cause))
    await tell()
    follower.documents.setPages(0, 4)
    follower.documents.measure(0, 0.7, 1)
    expect(new Set(causes)).toEqual(new Set(['program']))
    follower.documents.step(0, 1)
    expect(causes.at(-1)).toBe('user')
  })

  it('says how many millimetres are seen, in the shape of this screen', () => {
    const [first] = stageOf(presenter, { focus: null, held: false }).viewports
    const { camera } = presenter.views[0]?.state ?? {}
    const fit = (camera?.fit_mm ?? 0) * 2
    expect(first?.visible_mm).toEqual([fit, fit]) // without a screen a view is square
    expect(first?.visible_px).toBeUndefined()
  })

  it('does not tell of a fusion that is refused', async () => {
    const view = presenter.views[0]
    if (!view) throw new Error('no view')
    view.setFusion(personMoves.fusion, null, 'user')
    await settle()
    expect(view.state.planes.fusion_refusal).not.toBeNull()
    expect(stageOf(presenter, { focus: null, held: false }).viewports[0]?.fusion).toBeUndefined()
  })
})
