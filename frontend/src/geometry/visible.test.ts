import { describe, expect, it } from 'vitest'

import { pageExtent, zoomShowing } from './pageView'
import { seenBox, visible_mm } from './visible'

describe('what a canvas shows', () => {
  it('is twice fit_mm along the shorter side, and more along the longer', () => {
    // 16 : 9 with 90 mm to each side of the middle: 180 mm high, 180 · 16/9 = 320 mm wide.
    expect(visible_mm({ fit_mm: 90 }, { width: 1600, height: 900 })).toEqual([320, 180])
    expect(visible_mm({ fit_mm: 90 }, { width: 500, height: 1000 })).toEqual([180, 360])
  })
})

describe('LIVE-V2: what the presenter sees, on another screen', () => {
  it('is as high as this screen and wider than it, where theirs is wide and this one square', () => {
    // 320 × 180 mm of theirs; here 180 × 180 mm on 600 × 600 px, 0.3 mm a pixel.
    const box = seenBox([320, 180], { fit_mm: 90 }, { width: 600, height: 600 }, [300, 300])
    expect(box?.top).toBeCloseTo(0, 9)
    expect(box?.bottom).toBeCloseTo(600, 9)
    expect(box?.left).toBeCloseTo(300 - 160 / 0.3, 9)
    expect(box?.right).toBeCloseTo(300 + 160 / 0.3, 9)
  })

  it('lies inside a wider screen', () => {
    const box = seenBox([180, 180], { fit_mm: 90 }, { width: 1600, height: 900 }, [800, 450])
    expect(box).toEqual({ left: 350, top: 0, right: 1250, bottom: 900 })
  })

  it('is not drawn while the shapes agree within three in a hundred', () => {
    const own = { width: 1600, height: 900 }
    expect(seenBox([320 * 1.029, 180], { fit_mm: 90 }, own, [800, 450])).toBeNull()
    expect(seenBox([320 * 1.031, 180], { fit_mm: 90 }, own, [800, 450])).not.toBeNull()
    expect(seenBox([320, 180 * 0.96], { fit_mm: 90 }, own, [800, 450])).not.toBeNull()
  })
})

describe('LIVE-V1: a part of a page', () => {
  const A4 = 210 / 297

  it('is the whole of it at zoom 1, in a box of any shape', () => {
    expect(pageExtent(1, A4, 16 / 9)).toEqual([1, 1])
    expect(pageExtent(1, A4, 0.4)).toEqual([1, 1])
  })

  it('at zoom 2 is half the height of a page in a wide box, and half the width in a narrow one', () => {
    expect(pageExtent(2, A4, 16 / 9)).toEqual([1, 0.5])
    // 1 : 2 is narrower than A4: half of the width; of the height (210/297) / (0.5 · 2) = 0.707.
    expect(pageExtent(2, A4, 0.5)[0]).toBe(0.5)
    expect(pageExtent(2, A4, 0.5)[1]).toBeCloseTo(0.7071, 4)
  })

  it.each([
    [2, 16 / 9, 0.5],
    [3.5, 0.5, 16 / 9],
    [1.2, 1, 0.7],
    [8, 0.9, 0.9],
  ])('zoom %d in a box of %d is all seen in a box of %d', (zoom, theirs, own) => {
    const extent = pageExtent(zoom, A4, theirs)
    const here = pageExtent(zoomShowing(extent, A4, own), A4, own)
    expect(here[0]).toBeGreaterThanOrEqual(extent[0] - 1e-9)
    expect(here[1]).toBeGreaterThanOrEqual(extent[1] - 1e-9)
    // And nothing would be left out by less.
    const tight = Math.min(here[0] - extent[0], here[1] - extent[1])
    expect(tight).toBeCloseTo(0, 9)
  })

  it('is the same zoom in a box of the same shape', () => {
    expect(zoomShowing(pageExtent(3, A4, 1.4), A4, 1.4)).toBeCloseTo(3, 9)
  })
})
