import { angleTool } from './angle'
import { arrowTool } from './arrow'
import { bidirectionalTool } from './bidirectional'
import { cobbTool } from './cobb'
import { ellipseTool } from './ellipse'
import { freehandTool } from './freehand'
import { lengthTool } from './length'
import { probeTool } from './probe'
import { rectangleTool } from './rectangle'
import type { MeasurementKind, MeasuringTool } from './tool'

/** Every kind of measurement there is. Nothing else in the viewer knows one by name. */
export const MEASURING_TOOLS: Readonly<Record<MeasurementKind, MeasuringTool>> = {
  length: lengthTool,
  bidirectional: bidirectionalTool,
  angle: angleTool,
  cobb: cobbTool,
  probe: probeTool,
  rectangle: rectangleTool,
  ellipse: ellipseTool,
  freehand: freehandTool,
  arrow: arrowTool,
}

export const isMeasuring = (tool: string): tool is MeasurementKind => tool in MEASURING_TOOLS

export type { Measured, MeasurementKind, MeasuringTool } from './tool'
