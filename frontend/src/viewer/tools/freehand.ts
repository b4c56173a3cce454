import { polygonArea } from '@/geometry'

import { anyOrder, asSet, type MeasuringTool } from './tool'

/** The server takes no more; an outline of so many is finer than any hand. */
export const MOST_POINTS = 512

/** A closed outline. It has no handles: what is wrong is drawn again. */
export const freehandTool: MeasuringTool = {
  kind: 'freehand',
  clicks: null,
  shape: asSet,
  isComplete: (points) => points.length >= 3 && polygonArea(points) > 0,
  finished: anyOrder,
  strokes: (points) => [[...points, ...points.slice(0, 1)]],
  words: ({ points, unit }) =>
    points.length >= 3 ? `${polygonArea(points).toFixed(0)} ${unit}²` : '',
}
