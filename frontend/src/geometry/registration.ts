import type { Vec3 } from './vector'

/** A rigid 4 × 4 matrix, row by row, on LPS millimetres. */
export type RigidMatrix = readonly number[]

/** The object that says so. */
export interface RegistrationSource {
  readonly sop_instance_uid: string
  readonly name: string
  /** As in DICOM; may be empty. */
  readonly date: string
  /** An older object says otherwise. */
  readonly contradicted: boolean
}

/** Points of `source` into `target` (PS3.3 C.20.2.1.1). */
export interface RegistrationLink {
  readonly source: string
  readonly target: string
  readonly matrix: RigidMatrix
  /** Links of one object may be chained by their common target. */
  readonly by: RegistrationSource
}

export interface Registered {
  readonly matrix: RigidMatrix
  readonly by: RegistrationSource
}

export function transformPoint(matrix: RigidMatrix, [x, y, z]: Vec3): Vec3 {
  const row = (at: number): number =>
    (matrix[at] ?? 0) * x +
    (matrix[at + 1] ?? 0) * y +
    (matrix[at + 2] ?? 0) * z +
    (matrix[at + 3] ?? 0)
  return [row(0), row(4), row(8)]
}

/** The way back of a rigid matrix: the transposed rotation. */
export function rigidInverse(matrix: RigidMatrix): RigidMatrix {
  const at = (row: number, column: number): number => matrix[row * 4 + column] ?? 0
  const back = (row: number): number[] => {
    const turned = [at(0, row), at(1, row), at(2, row)]
    const moved = turned.reduce((sum, value, axis) => sum - value * at(axis, 3), 0)
    return [...turned, moved]
  }
  return [...back(0), ...back(1), ...back(2), 0, 0, 0, 1]
}

/** `second` after `first`. */
export function chained(first: RigidMatrix, second: RigidMatrix): RigidMatrix {
  return Array.from({ length: 16 }, (_, place) => {
    const [row, column] = [Math.floor(place / 4), place % 4]
    return [0, 1, 2, 3].reduce(
      (sum, k) => sum + (second[row * 4 + k] ?? 0) * (first[k * 4 + column] ?? 0),
      0,
    )
  })
}

/**
 * How points of one frame of reference lie in another: by one link, by its inverse, or by two links
 * of one object through the frame of reference it registered both to. Never by two objects.
 */
export function findRegistration(
  links: readonly RegistrationLink[],
  from: string | null,
  to: string | null,
): Registered | null {
  if (from === null || to === null || from === to) return null
  for (const { source, target, matrix, by } of links) {
    if (source === from && target === to) return { matrix, by }
    if (source === to && target === from) return { matrix: rigidInverse(matrix), by }
  }
  for (const one of links) {
    if (one.source !== from) continue
    const other = links.find(
      ({ source, target, by }) =>
        source === to &&
        target === one.target &&
        by.sop_instance_uid === one.by.sop_instance_uid,
    )
    if (other === undefined) continue
    return { matrix: chained(one.matrix, rigidInverse(other.matrix)), by: one.by }
  }
  return null
}
