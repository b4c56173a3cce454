import type { MeasurementKind } from './annotations'
import type { BrushTool } from './brush/brush'

/** What the left button does. */
export type Tool =
  | 'window'
  | 'pan'
  | 'zoom'
  | 'scroll'
  | 'crosshair'
  | 'magnify'
  | MeasurementKind
  | BrushTool
