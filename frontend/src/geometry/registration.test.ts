import { describe, expect, it } from 'vitest'

import { chained, findRegistration, rigidInverse, transformPoint } from './registration'
import { between, seeded } from './testing'
import type { Vec3 } from './vector'

/** A quarter turn about z, then a shift: (x, y, z) goes to (10 - y, 20 + x, 30 + z). */
const QUARTER = [0, -1, 0, 10, 1, 0, 0, 20, 0, 0, 1, 30, 0, 0, 0, 1]

function randomRigid(random: () => number): number[] {
  const [a, b] = [between(random, -3, 3), between(random, -3, 3)]
  const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)]
  const shift = () => between(random, -300, 300)
  return [ca, -sa * cb, sa * sb, shift(), sa, ca * cb, -ca * sb, shift(), 0, sb, cb, shift(), 0, 0, 0, 1]
}

const expectPoint = (found: Vec3, wanted: Vec3) =>
  found.forEach((value, axis) => expect(value).toBeCloseTo(wanted[axis] ?? Number.NaN, 6))

describe('registration', () => {
  it('takes source points to the registered frame of reference, worked out by hand', () => {
    expectPoint(transformPoint(QUARTER, [1, 2, 3]), [8, 21, 33])
  })

  it('comes back to where it started, and chains in order', () => {
    const random = seeded(21)
    for (let run = 0; run < 100; run += 1) {
      const [first, second] = [randomRigid(random), randomRigid(random)]
      const point: Vec3 = [shiftOf(random), shiftOf(random), shiftOf(random)]
      expectPoint(transformPoint(rigidInverse(first), transformPoint(first, point)), point)
      expectPoint(
        transformPoint(chained(first, second), point),
        transformPoint(second, transformPoint(first, point)),
      )
    }
  })

  it('goes along a link, against it, or through what one object registered both to', () => {
    const by = (sop_instance_uid: string) => ({
      sop_instance_uid,
      name: '',
      date: '',
      contradicted: false,
    })
    const links = [
      { source: 'mr', target: 'ct', matrix: QUARTER, by: by('reg') },
      { source: 'pt', target: 'ct', matrix: [1, 0, 0, 5, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], by: by('reg') },
      { source: 'us', target: 'ct', matrix: QUARTER, by: by('another') },
    ]
    const move = (from: string, to: string, point: Vec3): Vec3 | null => {
      const found = findRegistration(links, from, to)
      return found && transformPoint(found.matrix, point)
    }
    expectPoint(move('mr', 'ct', [1, 2, 3]) as Vec3, [8, 21, 33])
    expectPoint(move('ct', 'mr', [8, 21, 33]) as Vec3, [1, 2, 3])
    expectPoint(move('mr', 'pt', [1, 2, 3]) as Vec3, [3, 21, 33])
    expect(move('mr', 'us', [1, 2, 3])).toBeNull()
    expect(move('ct', 'ct', [1, 2, 3])).toBeNull()
    expect(findRegistration(links, null, 'ct')).toBeNull()
  })
})

const shiftOf = (random: () => number): number => between(random, -200, 200)
