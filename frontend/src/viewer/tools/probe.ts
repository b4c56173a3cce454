import { anyOrder, asSet, moveOne, type MeasuringTool } from './tool'

const ARM_PX = 7

/** One place; its value comes from the server. */
export const probeTool: MeasuringTool = {
  kind: 'probe',
  clicks: 1,
  shape: asSet,
  isComplete: (points) => points.length === 1,
  finished: anyOrder,
  moved: moveOne,
  strokes: ([at]) =>
    at === undefined
      ? []
      : [
          [
            [at[0] - ARM_PX, at[1]],
            [at[0] + ARM_PX, at[1]],
          ],
          [
            [at[0], at[1] - ARM_PX],
            [at[0], at[1] + ARM_PX],
          ],
        ],
  words: () => '',
}
