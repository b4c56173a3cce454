import {
  distanceToPlane_mm,
  dot,
  transformPoint,
  type ImagePlane,
  type RegistrationSource,
  type RigidMatrix,
  type Vec3,
} from '@/geometry'

import type { FrameDescription } from './frames'
import type { StackDescription } from './stacks'
import type { StackView } from './stackView'

/** Slices within this angle are looked through together; others meet in a line only. */
const SAME_WAY_COSINE = Math.cos((20 * Math.PI) / 180)

/** How positions of one view lie in another. Without a common space nothing is claimed. */
export type Relation =
  | { readonly kind: 'same' }
  | { readonly kind: 'registered'; readonly matrix: RigidMatrix; readonly by: RegistrationSource }
  | { readonly kind: 'offset' }

/** What a viewport has to say of its link with the active one. */
export interface LinkReport {
  readonly kind: Relation['kind']
  /** The linked place lies outside this series. */
  readonly beyond: boolean
}

interface Anchor {
  readonly series: object
  readonly stack: number
  readonly index: number
}

/**
 * Which slice of one view belongs to a slice of another: by patient position in a common space,
 * else by the distance scrolled since both were linked.
 */
export class Scrolling {
  private readonly anchors = new Map<StackView, Anchor>()
  private readonly relationOf: (from: StackView, to: StackView) => Relation

  constructor(relationOf: (from: StackView, to: StackView) => Relation) {
    this.relationOf = relationOf
  }

  /** Offsets count from here on. */
  forget(): void {
    this.anchors.clear()
  }

  follow(view: StackView, index_before: number, other: StackView): void {
    const relation = this.relationOf(view, other)
    const wanted =
      relation.kind === 'offset'
        ? this.byOffset(view, index_before, other)
        : byPosition(view, other, relation)
    if (wanted !== null) other.setIndex(wanted, 'program')
  }

  /** Where a position is common, `view` goes to that of `guide`; an offset starts where both are. */
  align(guide: StackView, view: StackView): void {
    const relation = this.relationOf(guide, view)
    if (relation.kind === 'offset') return
    const wanted = byPosition(guide, view, relation)
    if (wanted !== null) view.setIndex(wanted, 'program')
  }

  reportOf(guide: StackView, view: StackView): LinkReport | null {
    const relation = this.relationOf(guide, view)
    if (relation.kind === 'offset') {
      return offsetSign(guide, view) === null ? null : { kind: 'offset', beyond: false }
    }
    if (byPosition(guide, view, relation) === null) return null
    return { kind: relation.kind, beyond: isBeyond(guide, view, relation) }
  }

  private byOffset(view: StackView, index_before: number, other: StackView): number | null {
    const sign = offsetSign(view, other)
    const from = this.anchorOf(view, index_before)
    const to = this.anchorOf(other, other.state.index)
    const { stack } = other
    if (sign === null || from === null || to === null || stack === null) return null
    // Millimetres where both have them, else slices.
    const inMm = hasSpace(view) && hasSpace(other)
    const moved = positionAt(view, view.state.index, inMm) - positionAt(view, from.index, inMm)
    const wanted = positionAt(other, to.index, inMm) + sign * moved
    return nearestIndex(stack, (at) => Math.abs(positionAt(other, at, inMm) - wanted))
  }

  private anchorOf(view: StackView, index: number): Anchor | null {
    const { series } = view.state
    const { stack } = view
    if (series === null || stack === null) return null
    const known = this.anchors.get(view)
    if (known?.series === series && known.stack === stack.number) return known
    const made = { series, stack: stack.number, index }
    this.anchors.set(view, made)
    return made
  }
}

function nearestIndex(stack: StackDescription, distance: (at: number) => number): number | null {
  let [best, away] = [-1, Infinity]
  for (let at = stack.start; at < stack.start + stack.count; at += 1) {
    const here = distance(at)
    if (here < away) [best, away] = [at, here]
  }
  return best < 0 ? null : best
}

const frameAt = (view: StackView, index: number): FrameDescription | null =>
  view.state.series?.frames[index] ?? null

const hasSpace = (view: StackView): boolean => (view.targetFrame?.plane_lps ?? null) !== null

/** Millimetres along the normal, or the number of the slice. */
function positionAt(view: StackView, index: number, inMm: boolean): number {
  const own = view.targetFrame?.plane_lps
  const plane = frameAt(view, index)?.plane_lps
  if (!inMm || !own) return index
  return plane ? dot(plane.origin_lps, own.normal) : NaN
}

/** Which way the other one scrolls; null where they do not look the same way. */
function offsetSign(view: StackView, other: StackView): 1 | -1 | null {
  const [a, b] = [view.targetFrame?.plane_lps, other.targetFrame?.plane_lps]
  if (!a || !b) return 1
  const cosine = dot(a.normal, b.normal)
  if (Math.abs(cosine) < SAME_WAY_COSINE) return null
  return cosine > 0 ? 1 : -1
}

/** Whether two views look at the patient from other sides: they meet in a line only. */
export const looksAcross = (view: StackView, other: StackView): boolean =>
  offsetSign(view, other) === null

type Common = Exclude<Relation, { kind: 'offset' }>

const pointIn = (point: Vec3, relation: Common): Vec3 =>
  relation.kind === 'same' ? point : transformPoint(relation.matrix, point)

/** The linked place, in the other's space, and the plane's normal there. */
function placeIn(view: StackView, relation: Common): { point: Vec3; normal: Vec3 } | null {
  const plane = view.targetFrame?.plane_lps
  const centre = view.state.camera?.focal_point_lps
  if (!plane || !centre) return null
  const origin = pointIn([0, 0, 0], relation)
  const tip = pointIn(plane.normal, relation)
  return {
    point: pointIn(centre, relation),
    normal: [tip[0] - origin[0], tip[1] - origin[1], tip[2] - origin[2]],
  }
}

function byPosition(view: StackView, other: StackView, relation: Common): number | null {
  const place = placeIn(view, relation)
  const { stack } = other
  const own = other.targetFrame?.plane_lps
  if (place === null || stack === null || !own) return null
  if (Math.abs(dot(place.normal, own.normal)) < SAME_WAY_COSINE) return null
  return nearestIndex(stack, (at) => {
    const plane = frameAt(other, at)?.plane_lps
    return plane ? Math.abs(distanceToPlane_mm(plane, place.point)) : Infinity
  })
}

/** Farther from the slice that is shown than its neighbour is: the series ends before. */
function isBeyond(guide: StackView, view: StackView, relation: Common): boolean {
  const place = placeIn(guide, relation)
  const { stack } = view
  const plane = view.targetFrame?.plane_lps
  if (place === null || stack === null || !plane) return false
  const gap_mm = Math.max(gap(view, plane, -1), gap(view, plane, 1), sliceThickness(view))
  return Math.abs(distanceToPlane_mm(plane, place.point)) > gap_mm
}

function gap(view: StackView, plane: ImagePlane, step: 1 | -1): number {
  const { stack } = view
  const at = view.state.index + step
  if (stack === null || at < stack.start || at >= stack.start + stack.count) return 0
  const beside = frameAt(view, at)?.plane_lps
  return beside ? Math.abs(distanceToPlane_mm(plane, beside.origin_lps)) : 0
}

const sliceThickness = (view: StackView): number => view.targetFrame?.slice_thickness_mm ?? 0
