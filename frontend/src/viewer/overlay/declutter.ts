import type { CanvasSize, Vec2 } from '@/geometry'

/** A name that wants to stand beside a point. */
export interface WantedLabel {
  readonly id: string
  readonly at: Vec2
  readonly width: number
  readonly height: number
  /** Lower comes first. */
  readonly rank: number
}

interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** With more pointers than these, only names near one's own hand are read at all. */
export const MOST_NAMES = 6
export const NEAR_PX = 160

/** Whose names are wanted: all of a few; of many, those near the hand, and those that lead. */
export function namesWanted<Pointer extends { readonly position: Vec2; readonly leads: boolean }>(
  pointers: readonly Pointer[],
  hand: Vec2 | null,
): readonly Pointer[] {
  if (pointers.length <= MOST_NAMES) return pointers
  return pointers.filter(
    ({ position, leads }) =>
      leads ||
      (hand !== null && Math.hypot(position[0] - hand[0], position[1] - hand[1]) <= NEAR_PX),
  )
}

/**
 * Where each name stands: right of its point, else left, above or below; never on another name, on
 * another's point, or over the edge. A name without a place is left out.
 */
export function placeLabels(
  labels: readonly WantedLabel[],
  canvas: CanvasSize,
  reach_px: number,
): ReadonlyMap<string, Vec2> {
  const places = new Map<string, Vec2>()
  const taken: Box[] = []
  const points = labels.map(({ id, at: [x, y] }) => ({
    id,
    box: { left: x - reach_px, top: y - reach_px, right: x + reach_px, bottom: y + reach_px },
  }))
  const ordered = [...labels].sort((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1))
  for (const label of ordered) {
    const others = [...taken, ...points.filter(({ id }) => id !== label.id).map(({ box }) => box)]
    const found = candidates(label, reach_px).find(
      (box) => isInside(box, canvas) && !others.some((other) => overlap(box, other)),
    )
    if (found === undefined) continue
    taken.push(found)
    places.set(label.id, [found.left, found.top])
  }
  return places
}

function candidates({ at: [x, y], width, height }: WantedLabel, reach_px: number): Box[] {
  const away = reach_px + 4
  const corners: Vec2[] = [
    [x + away, y - height / 2],
    [x - away - width, y - height / 2],
    [x - width / 2, y - away - height],
    [x - width / 2, y + away],
  ]
  return corners.map(([left, top]) => ({ left, top, right: left + width, bottom: top + height }))
}

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

const isInside = (box: Box, { width, height }: CanvasSize): boolean =>
  box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height
