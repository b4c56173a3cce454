import type { ImagePlane, Vec2, Vec3 } from '@/geometry'
import type { MeasurementKind } from '@/protocol/generated'

export type { MeasurementKind }

/** Points where distances are lengths in `unit`, and where angles are angles. */
export interface Measured {
  readonly points: readonly Vec3[]
  readonly angular: readonly Vec3[]
  readonly unit: 'mm' | 'px'
}

/**
 * One kind of measurement: how many points a person sets, what they become, how it is drawn. The
 * server has its rules for each in `apps/annotations/measures`; its values are those that count.
 */
export interface MeasuringTool {
  readonly kind: MeasurementKind
  /** Points a person sets; null where it takes as many as wanted and ends where one is repeated. */
  readonly clicks: number | null
  /** From the points set so far, the last of which may still move: those of the measurement. */
  readonly shape: (set: readonly Vec3[], plane: ImagePlane) => readonly Vec3[]
  /** Whether these points are complete and of some size. */
  readonly isComplete: (points: readonly Vec3[]) => boolean
  /** In the order the server has them. */
  readonly finished: (points: readonly Vec3[]) => Vec3[]
  /** The points after handle `index` was dragged; absent where there are no handles. */
  readonly moved?: (
    points: readonly Vec3[],
    index: number,
    to: Vec3,
    plane: ImagePlane,
  ) => readonly Vec3[]
  /** Lines on the canvas, from its points there. */
  readonly strokes: (points_px: readonly Vec2[]) => readonly (readonly Vec2[])[]
  /** Words while drawing; empty as long as there is nothing to say. */
  readonly words: (measured: Measured) => string
}

export const anyOrder = (points: readonly Vec3[]): Vec3[] => [...points]

/** The point of a handle goes where it is dragged, the others stay. */
export const moveOne = (points: readonly Vec3[], index: number, to: Vec3): readonly Vec3[] =>
  points.map((point, at) => (at === index ? to : point))

export const asSet = (set: readonly Vec3[]): readonly Vec3[] => set
