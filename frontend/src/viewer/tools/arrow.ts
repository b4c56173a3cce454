import { distance, type Vec2 } from '@/geometry'

import { anyOrder, asSet, moveOne, type MeasuringTool } from './tool'

const BARB_PX = 12
const BARB_SPREAD = 0.42

/** From the tail to the tip; its words are its label. */
export const arrowTool: MeasuringTool = {
  kind: 'arrow',
  clicks: 2,
  shape: asSet,
  isComplete: ([a, b]) => a !== undefined && b !== undefined && distance(a, b) > 0,
  finished: anyOrder,
  moved: moveOne,
  strokes: (points) => {
    const [tail, tip] = points
    if (!tail || !tip) return [points]
    const back = Math.atan2(tail[1] - tip[1], tail[0] - tip[0])
    const barb = (turn: number): Vec2 => [
      tip[0] + BARB_PX * Math.cos(back + turn),
      tip[1] + BARB_PX * Math.sin(back + turn),
    ]
    return [points, [barb(BARB_SPREAD), tip, barb(-BARB_SPREAD)]]
  },
  words: () => '',
}
