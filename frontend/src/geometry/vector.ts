/** Three numbers in one frame; names at the use site say which (`_lps` = patient, millimetres). */
export type Vec3 = readonly [number, number, number]
export type Vec2 = readonly [number, number]

export const add = (a: Vec3, b: Vec3): Vec3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
export const subtract = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
export const scale = (a: Vec3, factor: number): Vec3 => [
  a[0] * factor,
  a[1] * factor,
  a[2] * factor,
]
export const negate = (a: Vec3): Vec3 => [-a[0], -a[1], -a[2]]
export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
export const length = (a: Vec3): number => Math.sqrt(dot(a, a))
export const distance = (a: Vec3, b: Vec3): number => length(subtract(a, b))
export const midpoint = (a: Vec3, b: Vec3): Vec3 => scale(add(a, b), 0.5)
export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]

/** The unit vector; a vector without length has no direction and is refused. */
export function normalize(a: Vec3): Vec3 {
  const norm = length(a)
  if (!(norm > 1e-12)) throw new RangeError('a zero vector has no direction')
  return scale(a, 1 / norm)
}

/** Weighted sum `origin + first·u + second·v`. */
export function along(origin: Vec3, u: Vec3, first: number, v: Vec3, second: number): Vec3 {
  return [
    origin[0] + first * u[0] + second * v[0],
    origin[1] + first * u[1] + second * v[1],
    origin[2] + first * u[2] + second * v[2],
  ]
}

/** `vector` turned about the unit `axis` by `angle_rad`, right-handed (Rodrigues). */
export function rotate(vector: Vec3, axis: Vec3, angle_rad: number): Vec3 {
  const cosine = Math.cos(angle_rad)
  const sine = Math.sin(angle_rad)
  const turned = cross(axis, vector)
  const kept = dot(axis, vector) * (1 - cosine)
  return [
    vector[0] * cosine + turned[0] * sine + axis[0] * kept,
    vector[1] * cosine + turned[1] * sine + axis[1] * kept,
    vector[2] * cosine + turned[2] * sine + axis[2] * kept,
  ]
}

export const isFiniteVec3 = (a: readonly number[] | null | undefined): a is Vec3 =>
  Array.isArray(a) && a.length === 3 && a.every((value) => Number.isFinite(value))
