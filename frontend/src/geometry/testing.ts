import { add, cross, normalize, rotate, type Vec3 } from './vector'
import { planeFrom, type ImagePlane } from './plane'

/** A small seeded generator (mulberry32), so that a property that fails fails again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export const between = (random: () => number, low: number, high: number): number =>
  low + random() * (high - low)

export function randomPoint(random: () => number, reach = 300): Vec3 {
  return [
    between(random, -reach, reach),
    between(random, -reach, reach),
    between(random, -reach, reach),
  ]
}

export function randomDirection(random: () => number): Vec3 {
  return normalize(add(randomPoint(random, 1), [0, 0, 1e-3]))
}

/** Any oblique plane with non-square pixels. */
export function randomPlane(random: () => number): ImagePlane {
  const column_step = randomDirection(random)
  const helper = normalize(cross(column_step, randomDirection(random)))
  const row_step = rotate(helper, column_step, between(random, 0, 6))
  const plane = planeFrom({
    image_position_lps: randomPoint(random),
    image_orientation: [...column_step, ...row_step],
    pixel_spacing_mm: [between(random, 0.1, 5), between(random, 0.1, 5)],
    columns: 16 + Math.floor(random() * 500),
    rows: 16 + Math.floor(random() * 500),
  })
  if (plane === null) throw new Error('the generator made no plane')
  return plane
}

export const AXIAL = planeFrom({
  image_position_lps: [-250, -250, 100],
  image_orientation: [1, 0, 0, 0, 1, 0],
  pixel_spacing_mm: [0.9765625, 0.9765625],
  columns: 512,
  rows: 512,
}) as ImagePlane
