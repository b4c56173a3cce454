import { boxCorners, polygonArea, distance } from '@/geometry'

import { anyOrder, type MeasuringTool } from './tool'

/** Along the rows and columns of the image, from corner to opposite corner. */
export const rectangleTool: MeasuringTool = {
  kind: 'rectangle',
  clicks: 2,
  shape: (set, plane) => {
    const [a, c] = set
    return a && c ? boxCorners(a, c, plane) : set
  },
  isComplete: ([a, b, c, d]) => !!(a && b && c && d) && distance(a, b) > 0 && distance(b, c) > 0,
  finished: anyOrder,
  moved: (points, index, to, plane) => {
    const opposite = points[(index + 2) % 4]
    return opposite ? boxCorners(opposite, to, plane) : points
  },
  strokes: (points) => [[...points, ...points.slice(0, 1)]],
  words: ({ points, unit }) =>
    points.length === 4 ? `${polygonArea(points).toFixed(0)} ${unit}²` : '',
}
