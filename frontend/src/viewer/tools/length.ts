import { distance } from '@/geometry'

import { anyOrder, asSet, moveOne, type MeasuringTool } from './tool'

export const lengthTool: MeasuringTool = {
  kind: 'length',
  clicks: 2,
  shape: asSet,
  isComplete: ([a, b]) => a !== undefined && b !== undefined && distance(a, b) > 0,
  finished: anyOrder,
  moved: moveOne,
  strokes: (points) => [points],
  words: ({ points: [a, b], unit }) => (a && b ? `${distance(a, b).toFixed(1)} ${unit}` : ''),
}
