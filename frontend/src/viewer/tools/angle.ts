import { angleBetween_deg, distance, subtract } from '@/geometry'

import { anyOrder, asSet, moveOne, type MeasuringTool } from './tool'

/** Arm, vertex, arm. */
export const angleTool: MeasuringTool = {
  kind: 'angle',
  clicks: 3,
  shape: asSet,
  isComplete: ([a, vertex, c]) =>
    !!(a && vertex && c) && distance(a, vertex) > 0 && distance(c, vertex) > 0,
  finished: anyOrder,
  moved: moveOne,
  strokes: (points) => [points],
  words: ({ angular: [a, vertex, c] }) =>
    a && vertex && c
      ? `${angleBetween_deg(subtract(a, vertex), subtract(c, vertex)).toFixed(1)}°`
      : '',
}
