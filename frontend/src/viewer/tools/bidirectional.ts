import {
  bidirectionalFromLongAxis,
  bidirectionalFromPoints,
  bidirectionalPoints,
  distance,
  ordered,
  withHandleMoved,
} from '@/geometry'

import type { MeasuringTool } from './tool'

/** The long axis is drawn; the short one appears across it and is dragged to where it belongs. */
export const bidirectionalTool: MeasuringTool = {
  kind: 'bidirectional',
  clicks: 2,
  shape: (set, plane) => {
    const [a, b] = set
    if (!a || !b) return set
    return bidirectionalPoints(bidirectionalFromLongAxis(a, b, plane.normal))
  },
  isComplete: ([a, b, c, d]) => !!(a && b && c && d) && distance(a, b) > 0,
  // LONG axis first, whichever was dragged to be the longer.
  finished: (points) => {
    const pair = bidirectionalFromPoints(points)
    return pair === null ? [...points] : bidirectionalPoints(ordered(pair))
  },
  moved: (points, index, to, plane) => {
    const pair = bidirectionalFromPoints(points)
    if (pair === null) return points
    return bidirectionalPoints(withHandleMoved(pair, index, to, plane.normal))
  },
  strokes: (points) => [points.slice(0, 2), points.slice(2, 4)],
  words: ({ points, unit }) => {
    const pair = bidirectionalFromPoints(points)
    if (pair === null) return ''
    const sizes = [distance(...pair.long_lps), distance(...pair.short_lps)].sort((p, q) => q - p)
    return `${sizes.map((size) => size.toFixed(1)).join(' × ')} ${unit}`
  },
}
