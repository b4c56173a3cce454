import {
  bidirectionalFromPoints,
  distance,
  imageToPatient,
  patientToImage,
  type Vec2,
  type Vec3,
} from '@/geometry'

import { scaleAt } from './calibration'
import type { FrameDescription, SeriesDescription } from './frames'

export type MeasurementKind = 'length' | 'bidirectional'

/** A measurement as the viewer draws it, own or remote alike, always from state. */
export interface DrawnMeasurement {
  readonly id: string
  readonly kind: MeasurementKind
  readonly sop_instance_uid: string
  readonly frame: number
  readonly points_lps: readonly Vec3[] | null
  readonly points_image: readonly Vec2[] | null
  /** Ready words: `24.1 × 18.0 mm`. */
  readonly text: string
  readonly caption: string
  readonly colour: string
  /** Not yet acknowledged by the server. */
  readonly pending: boolean
  readonly editable: boolean
}

/** What a finished drawing says, before the server has given it values. */
export interface MeasurementDraft {
  readonly kind: MeasurementKind
  readonly study_instance_uid: string
  readonly series_instance_uid: string
  readonly sop_instance_uid: string
  readonly frame: number
  readonly frame_of_reference_uid: string | null
  readonly points_lps: Vec3[] | null
  readonly points_image: Vec2[] | null
}

/** The points on the plane the viewer draws on, wherever the measurement has its positions. */
export function pointsOnPlane(
  measurement: Pick<DrawnMeasurement, 'points_lps' | 'points_image'>,
  frame: FrameDescription,
): readonly Vec3[] {
  if (frame.plane_lps !== null) return measurement.points_lps ?? []
  return (measurement.points_image ?? []).map((pixel) => imageToPatient(frame.plane, pixel))
}

/** Positions as they go out: patient space where there is one, else sub-pixel column and row. */
export function positionsFor(
  frame: FrameDescription,
  points: readonly Vec3[],
): Pick<MeasurementDraft, 'points_lps' | 'points_image'> {
  if (frame.plane_lps !== null) return { points_lps: [...points], points_image: null }
  return {
    points_lps: null,
    points_image: points.map((point) => patientToImage(frame.plane, point)),
  }
}

export function draftOf(
  kind: MeasurementKind,
  series: SeriesDescription,
  frame: FrameDescription,
  points: readonly Vec3[],
): MeasurementDraft {
  return {
    kind,
    study_instance_uid: series.study_instance_uid,
    series_instance_uid: series.series_instance_uid,
    sop_instance_uid: frame.sop_instance_uid,
    frame: frame.frame,
    frame_of_reference_uid: frame.plane_lps === null ? null : series.frame_of_reference_uid,
    ...positionsFor(frame, points),
  }
}

/** The points where their distances are lengths, and the unit of these. */
function measurable(
  drawn: readonly Vec3[],
  frame: FrameDescription,
): { points: readonly Vec3[]; unit: 'mm' | 'px' } {
  if (frame.plane_lps !== null) return { points: drawn, unit: 'mm' }
  const pixels = drawn.map((point) => patientToImage(frame.plane, point))
  const scale = scaleAt(frame.calibration, pixels)
  const { row_mm, column_mm } = scale ?? { row_mm: 1, column_mm: 1 }
  const points = pixels.map(([column, row]): Vec3 => [column * column_mm, row * row_mm, 0])
  return { points, unit: scale ? 'mm' : 'px' }
}

/** Lengths along and across, in millimetres or image pixels, for the words while drawing. */
export function liveText(
  kind: MeasurementKind,
  drawn: readonly Vec3[],
  frame: FrameDescription,
): string {
  const { points, unit } = measurable(drawn, frame)
  const [a, b] = points
  if (a === undefined || b === undefined) return ''
  if (kind === 'length') return `${distance(a, b).toFixed(1)} ${unit}`
  const pair = bidirectionalFromPoints(points)
  if (pair === null) return ''
  const sizes = [distance(...pair.long_lps), distance(...pair.short_lps)].sort((p, q) => q - p)
  return `${sizes.map((size) => size.toFixed(1)).join(' × ')} ${unit}`
}
