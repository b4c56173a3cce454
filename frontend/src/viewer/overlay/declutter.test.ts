import { describe, expect, it } from 'vitest'

import { MOST_NAMES, namesWanted, placeLabels, type WantedLabel } from './declutter'

const CANVAS = { width: 800, height: 600 }
const REACH = 11
const label = (id: string, x: number, y: number, rank = 1): WantedLabel => ({
  id,
  at: [x, y],
  width: 90,
  height: 16,
  rank,
})

describe('names beside pointers', () => {
  it('stand to the right, in the middle of their height', () => {
    expect(placeLabels([label('a', 100, 100)], CANVAS, REACH).get('a')).toEqual([115, 92])
  })

  it('never cover each other, nor another pointer, nor leave the picture', () => {
    // A tight crowd: 24 pointers on a lattice of 30 px, where few names find a place.
    const crowd = Array.from({ length: 24 }, (_, i) =>
      label(`p${i}`, 300 + (i % 6) * 30, 300 + Math.floor(i / 6) * 30),
    )
    const places = placeLabels(crowd, CANVAS, REACH)
    expect(places.size).toBeGreaterThan(3)
    const boxes = [...places].map(([id, [left, top]]) => ({ id, left, top }))
    for (const [at, one] of boxes.entries()) {
      for (const other of boxes.slice(at + 1)) {
        const apart = Math.abs(one.left - other.left) >= 90 || Math.abs(one.top - other.top) >= 16
        expect(apart, `${one.id} on ${other.id}`).toBe(true)
      }
      for (const { id, at: point } of crowd.filter(({ id }) => id !== one.id)) {
        const dx = Math.max(one.left - point[0], 0, point[0] - (one.left + 90))
        const dy = Math.max(one.top - point[1], 0, point[1] - (one.top + 16))
        expect(Math.max(dx, dy), `${one.id} on the point of ${id}`).toBeGreaterThanOrEqual(REACH)
      }
    }
  })

  it('go to the left at the right edge, and below at a corner of two others', () => {
    expect(placeLabels([label('a', 780, 300)], CANVAS, REACH).get('a')).toEqual([675, 292])
    const between = [label('a', 400, 300, 2), label('b', 440, 300, 1), label('c', 360, 300, 1)]
    expect(placeLabels(between, CANVAS, REACH).get('a')).toEqual([355, 269])
  })

  it('are given first to whoever leads', () => {
    const tight = { width: 230, height: 30 }
    const two = [label('a', 60, 15, 1), label('lead', 150, 15, 0)]
    expect([...placeLabels(two, tight, REACH).keys()]).toEqual([])
    const one = placeLabels([label('a', 20, 15, 1), label('lead', 30, 15, 0)], tight, 4)
    expect([...one.keys()][0]).toBe('lead')
  })
})

describe('whose names are read', () => {
  const at = (x: number, leads = false) => ({ position: [x, 0] as const, leads })

  it('all of a few', () => {
    const few = Array.from({ length: MOST_NAMES }, (_, i) => at(i * 200))
    expect(namesWanted(few, null)).toHaveLength(MOST_NAMES)
  })

  it('of many those near the hand, and whoever leads', () => {
    const many = [...Array.from({ length: 9 }, (_, i) => at(i * 100)), at(5000, true)]
    expect(namesWanted(many, [200, 0]).map(({ position }) => position[0])).toEqual([
      100, 200, 300, 5000,
    ])
    expect(namesWanted(many, null).map(({ position }) => position[0])).toEqual([5000])
  })
})
