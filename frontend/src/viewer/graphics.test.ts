import { describe, expect, it } from 'vitest'

import { applyAffine, imageToCanvas, type Vec2 } from '@/geometry'
import { AXIAL, randomPlane, seeded } from '@/geometry/testing'

import { GraphicStore, outlineOf, type GraphicLayer } from './graphics'
import { presentedCamera } from './presentation'

const layer = (changes: Partial<GraphicLayer> = {}): GraphicLayer => ({
  id: 'a',
  graphics: [
    {
      id: 'a:0:0',
      shape: 'POINT',
      points_image: [[1, 2]],
      points_lps: [],
      frame_of_reference_uid: '',
      images: [{ sop_instance_uid: '1.2', frame: null }],
      filled: false,
      colour: null,
      lines: [],
    },
  ],
  notes: [],
  shutters: [],
  unreviewed: true,
  ...changes,
})

describe('outlines', () => {
  it('a circle keeps its radius all the way round', () => {
    const { points, closed } = outlineOf('CIRCLE', [
      [10, 20],
      [10, 25],
    ])
    expect(closed).toBe(true)
    for (const [x, y] of points) expect(Math.hypot((x ?? 0) - 10, (y ?? 0) - 20)).toBeCloseTo(5, 9)
  })

  it('an ellipse goes through the ends of both of its axes, also in space', () => {
    const ends = [
      [0, 0, 4],
      [8, 0, 4],
      [4, -2, 4],
      [4, 2, 4],
    ]
    const { points } = outlineOf('ELLIPSE', ends)
    for (const end of ends) {
      const nearest = Math.min(
        ...points.map((point) => Math.hypot(...point.map((value, i) => value - (end[i] ?? 0)))),
      )
      expect(nearest).toBeLessThan(1e-9)
    }
  })

  it('an interpolated line goes through its points', () => {
    const given = [
      [0, 0],
      [10, 5],
      [20, -3],
    ]
    const { points, closed } = outlineOf('INTERPOLATED', given)
    expect(closed).toBe(false)
    expect(points.length).toBeGreaterThan(20)
    for (const point of given) expect(points).toContainEqual(point)
  })

  it('what is no line is marks', () => {
    expect(outlineOf('MULTIPOINT', [[1, 2], [3, 4]])).toEqual({ points: [[1, 2], [3, 4]], closed: false, marks: true })
  })
})

describe('what is drawn', () => {
  it('is what was asked for, once it has been read', () => {
    const store = new GraphicStore()
    let told = 0
    store.changed.on(() => (told += 1))
    store.show('a', true)
    expect(store.layers).toEqual([])
    store.set(layer())
    expect(store.layers.map(({ id }) => id)).toEqual(['a'])
    store.show('a', false)
    expect(store.layers).toEqual([])
    expect(told).toBe(3)
  })

  it('marks an image only while a layer that nobody answers for draws on it', () => {
    const store = new GraphicStore()
    store.set(layer())
    const image = { sop_instance_uid: '1.2', frame: 7 }
    expect(store.isUnreviewedOn(image)).toBe(false)
    store.show('a', true)
    expect(store.isUnreviewedOn(image)).toBe(true)
    expect(store.isUnreviewedOn({ ...image, sop_instance_uid: '1.3' })).toBe(false)
    store.set(layer({ unreviewed: false }))
    expect(store.isUnreviewedOn(image)).toBe(false)
  })
})

describe('a presentation state', () => {
  const canvas = { width: 400, height: 300 }
  const corners = (turn: number, flipped: boolean, top_left: Vec2, bottom_right: Vec2): Vec2[] => {
    const camera = presentedCamera(AXIAL, canvas, { turn, flipped, area: { top_left, bottom_right } })
    const place = imageToCanvas(camera, canvas, AXIAL)
    return [applyAffine(place, top_left), applyAffine(place, bottom_right)]
  }

  it.each([
    [0, [9.5, 19.5], [49.5, 39.5]],
    [180, [49.5, 39.5], [9.5, 19.5]],
    [90, [9.5, 39.5], [49.5, 19.5]],
    [270, [49.5, 19.5], [9.5, 39.5]],
  ] as [number, Vec2, Vec2][])(
    'turned by %i degrees, its first corner is top left and its last bottom right',
    (turn, first, last) => {
      const [from, to] = corners(turn, false, first, last)
      expect(from?.[0]).toBeLessThan(to?.[0] ?? 0)
      expect(from?.[1]).toBeLessThan(to?.[1] ?? 0)
      // It fits: one of the two sides touches the canvas, none goes beyond.
      const [width, height] = [(to?.[0] ?? 0) - (from?.[0] ?? 0), (to?.[1] ?? 0) - (from?.[1] ?? 0)]
      expect(Math.max(width / canvas.width, height / canvas.height)).toBeCloseTo(1, 6)
    },
  )

  it('is turned first and flipped then', () => {
    const camera = presentedCamera(AXIAL, canvas, { turn: 90, flipped: true, area: null })
    const place = imageToCanvas(camera, canvas, AXIAL)
    const middle = applyAffine(place, [255, 255])
    const right = applyAffine(place, [265, 255])
    const below = applyAffine(place, [255, 265])
    // A quarter clockwise takes image-right to the bottom and image-down to the left; flipped: right.
    expect(right[1]).toBeGreaterThan(middle[1] + 1)
    expect(below[0]).toBeGreaterThan(middle[0] + 1)
  })

  it('keeps an area in the middle on any plane, also with pixels that are not square', () => {
    const random = seeded(7)
    for (let i = 0; i < 50; i += 1) {
      const plane = randomPlane(random)
      const camera = presentedCamera(plane, canvas, {
        turn: 0,
        flipped: false,
        area: { top_left: [1.5, 2.5], bottom_right: [9.5, 12.5] },
      })
      const [x, y] = applyAffine(imageToCanvas(camera, canvas, plane), [5.5, 7.5])
      expect(x).toBeCloseTo(200, 6)
      expect(y).toBeCloseTo(150, 6)
    }
  })
})
