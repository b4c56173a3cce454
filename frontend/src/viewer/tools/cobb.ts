import { angleBetween_deg, distance, subtract } from '@/geometry'

import { anyOrder, asSet, moveOne, type MeasuringTool } from './tool'

/** Two lines without direction: 0 to 90 degrees between them. */
export const cobbTool: MeasuringTool = {
  kind: 'cobb',
  clicks: 4,
  shape: asSet,
  isComplete: ([a, b, c, d]) => !!(a && b && c && d) && distance(a, b) > 0 && distance(c, d) > 0,
  finished: anyOrder,
  moved: moveOne,
  strokes: (points) => [points.slice(0, 2), points.slice(2, 4)],
  words: ({ angular: [a, b, c, d] }) => {
    if (!a || !b || !c || !d) return ''
    const angle = angleBetween_deg(subtract(b, a), subtract(d, c))
    return `${Math.min(angle, 180 - angle).toFixed(1)}°`
  },
}
