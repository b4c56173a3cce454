import { add, dot, scale, subtract, type Vec3 } from '@/geometry'

/** A box along the patient's axes: lowest and highest corner, LPS mm. */
export interface PatientBox {
  readonly low: Vec3
  readonly high: Vec3
}

type Axis = 0 | 1 | 2

export interface Face {
  readonly axis: Axis
  readonly side: 'low' | 'high'
}

const AXES: readonly Axis[] = [0, 1, 2]
/** Right, left, front, back, foot, head: LPS grows to the left, the back and the head. */
export const FACES: readonly Face[] = AXES.flatMap((axis) => [
  { axis, side: 'low' as const },
  { axis, side: 'high' as const },
])

/** No smaller, and no larger, is any edge that the server takes. */
export const SMALLEST_EDGE_MM = 0.5
export const LARGEST_EDGE_MM = 1000
/** Nearer to a plane than this is before it; points nearer to each other are one. */
const IN_PLANE_MM = 1e-6
const SAME_MM = 1e-4

const replaced = (point: Vec3, axis: Axis, value: number): Vec3 => [
  axis === 0 ? value : point[0],
  axis === 1 ? value : point[1],
  axis === 2 ? value : point[2],
]

/** The box with one face elsewhere; never beyond the face across. */
export function withFace(box: PatientBox, { axis, side }: Face, value: number): PatientBox {
  if (side === 'low') {
    const { high } = box
    const kept = Math.max(high[axis] - LARGEST_EDGE_MM, Math.min(value, high[axis] - SMALLEST_EDGE_MM))
    return { low: replaced(box.low, axis, kept), high }
  }
  const { low } = box
  const kept = Math.min(low[axis] + LARGEST_EDGE_MM, Math.max(value, low[axis] + SMALLEST_EDGE_MM))
  return { low, high: replaced(box.high, axis, kept) }
}

export const faceAt = (box: PatientBox, { axis, side }: Face): number => box[side][axis]

export const edgesOf_mm = ({ low, high }: PatientBox): Vec3 => subtract(high, low)

const volumeOf = (box: PatientBox): number => edgesOf_mm(box).reduce((product, edge) => product * Math.max(0, edge), 1)

/** Volume shared over volume of both together (Jaccard), as the server keeps it. */
export function iouOf(one: PatientBox, other: PatientBox): number {
  const low = one.low.map((value, axis) => Math.max(value, other.low[axis as Axis])) as unknown as Vec3
  const high = one.high.map((value, axis) => Math.min(value, other.high[axis as Axis])) as unknown as Vec3
  const shared = volumeOf({ low, high })
  return shared / (volumeOf(one) + volumeOf(other) - shared)
}

export interface PlaneInSpace {
  readonly origin_lps: Vec3
  readonly normal: Vec3
}

/** Where a plane, at any angle, cuts one face. */
export interface Cut {
  readonly face: Face
  readonly from: Vec3
  readonly to: Vec3
}

/** The outline of the box on a plane; empty where the plane misses it. */
export function cutsOf(box: PatientBox, plane: PlaneInSpace): Cut[] {
  return FACES.flatMap((face) => {
    const points = crossings(cornersOf(box, face), plane)
    const [from, to] = points
    return points.length === 2 && from && to && !isSame(from, to) ? [{ face, from, to }] : []
  })
}

function cornersOf(box: PatientBox, { axis, side }: Face): Vec3[] {
  const [first, second] = AXES.filter((one) => one !== axis) as [Axis, Axis]
  const start = replaced(box.low, axis, box[side][axis])
  const corner = (a: 'low' | 'high', b: 'low' | 'high'): Vec3 => replaced(replaced(start, first, box[a][first]), second, box[b][second])
  return [corner('low', 'low'), corner('high', 'low'), corner('high', 'high'), corner('low', 'high')]
}

/** A corner that lies in the plane counts as before it: each outline is closed, none is twice. */
function crossings(corners: readonly Vec3[], { origin_lps, normal }: PlaneInSpace): Vec3[] {
  const away = corners.map((corner) => {
    const distance = dot(normal, subtract(corner, origin_lps))
    return Math.abs(distance) < IN_PLANE_MM ? IN_PLANE_MM : distance
  })
  return corners.flatMap((corner, index) => {
    const next = (index + 1) % corners.length
    const [here, there, end] = [away[index], away[next], corners[next]]
    if (here === undefined || there === undefined || end === undefined || here * there >= 0) return []
    return [add(corner, scale(subtract(end, corner), here / (here - there)))]
  })
}

/** What a hand takes: one face at its middle, or the two that meet at a corner. */
export interface Grip {
  readonly faces: readonly Face[]
  readonly at: Vec3
}

const isSame = (one: Vec3, other: Vec3): boolean => subtract(one, other).every((value) => Math.abs(value) < SAME_MM)

export function gripsOf(cuts: readonly Cut[]): Grip[] {
  const middles = cuts.map(({ face, from, to }) => ({ faces: [face], at: scale(add(from, to), 0.5) }))
  const corners = cuts.flatMap((cut, index) =>
    cuts.slice(index + 1).flatMap((other) => {
      const shared = [cut.from, cut.to].find((point) => isSame(point, other.from) || isSame(point, other.to))
      return shared ? [{ faces: [cut.face, other.face], at: shared }] : []
    }),
  )
  return [...corners, ...middles]
}

/** The box with these faces through a point: each goes along its own axis. */
export const dragged = (box: PatientBox, faces: readonly Face[], point: Vec3): PatientBox =>
  faces.reduce((moved, face) => withFace(moved, face, point[face.axis]), box)

export const isSameBox = (one: PatientBox, other: PatientBox): boolean =>
  FACES.every((face) => Math.abs(faceAt(one, face) - faceAt(other, face)) < SMALLEST_CHANGE_MM)

/** What the server rounds away is no change. */
const SMALLEST_CHANGE_MM = 0.005
