import {
  distanceToPlane_mm,
  dot,
  imageToPatient,
  patientToImage,
  type ImagePlane,
  type Vec2,
  type Vec3,
} from '@/geometry'

import { scaleAt } from './calibration'
import type { FrameDescription, SeriesDescription } from './frames'
import type { StackView } from './stackView'
import { voxelStep_mm } from './volume/reformat'
import { MEASURING_TOOLS, type Measured, type MeasurementKind } from './tools'

export type { MeasurementKind }

/** A measurement as the viewer draws it, own or remote alike, always from state. */
export interface DrawnMeasurement {
  readonly id: string
  readonly kind: MeasurementKind
  /** Null for what was drawn on a plane between the slices. */
  readonly sop_instance_uid: string | null
  readonly frame: number
  readonly frame_of_reference_uid: string | null
  readonly points_lps: readonly Vec3[] | null
  readonly points_image: readonly Vec2[] | null
  /** Ready words, a line each: `24.1 × 18.0 mm`. */
  readonly text: string
  readonly caption: string
  readonly colour: string
  /** Not yet acknowledged by the server. */
  readonly pending: boolean
  readonly editable: boolean
}

/** What a finished drawing says, before the server has given it values. */
export interface MeasurementDraft {
  readonly id: string
  readonly kind: MeasurementKind
  readonly study_instance_uid: string
  readonly series_instance_uid: string
  readonly sop_instance_uid: string | null
  readonly frame: number
  readonly frame_of_reference_uid: string | null
  readonly points_lps: Vec3[] | null
  readonly points_image: Vec2[] | null
}

/** What is drawn on: the plane of the picture, and the image where it is the picture of one. */
export interface Surface {
  readonly series: SeriesDescription
  readonly plane: ImagePlane
  readonly frame: FrameDescription | null
  /** Between neighbouring slices of a reformatted plane; null on an image. */
  readonly step_mm: number | null
}

/**
 * Null where there is nothing to draw on: a projection has no depth, and a position on a slide that
 * was put together is a position in none of its frames.
 */
export function surfaceOf(view: StackView): Surface | null {
  const plane = view.shownPlane
  const { series, reformat } = view.state
  if (plane === null || series === null || reformat?.kind === 'rotation') return null
  if (view.shownFrame?.slide?.kind === 'region') return null
  const { grid } = view.planes
  const step_mm = reformat && grid ? voxelStep_mm(grid, plane.normal) : null
  return { series, plane, frame: view.shownFrame, step_mm }
}

/** Names the surface: points set on one are not joined with points set on another. */
export function surfaceName({ series, plane, frame }: Surface): string {
  if (frame !== null) return `${series.series_instance_uid} ${frame.sop_instance_uid} ${frame.frame}`
  // Where the plane lies, whatever part of it is on the screen.
  const place = [...plane.normal, dot(plane.origin_lps, plane.normal)]
  return [series.series_instance_uid, ...place.map((value) => value.toFixed(3))].join(' ')
}

const isInPatient = ({ frame }: Surface): boolean => frame === null || frame.plane_lps !== null

/** The points on the plane the viewer draws on, wherever the measurement has its positions. */
export function pointsOnPlane(
  measurement: Pick<DrawnMeasurement, 'points_lps' | 'points_image'>,
  surface: Pick<Surface, 'plane' | 'frame'> & { series?: unknown },
): readonly Vec3[] {
  const { frame, plane } = surface
  if (frame === null || frame.plane_lps !== null) return measurement.points_lps ?? []
  return (measurement.points_image ?? []).map((pixel) => imageToPatient(plane, pixel))
}

/** Slices without a neighbour, in millimetres. */
const LONE_SLICE_MM = 1

/** Half the way from one slice to the next, in which a point still counts as lying on it. */
export function halfSlice_mm({ series, plane, frame, step_mm }: Surface): number {
  if (frame === null) return (step_mm ?? LONE_SLICE_MM) / 2
  const at = series.frames.indexOf(frame)
  const away = [series.frames[at - 1], series.frames[at + 1]]
    .map((next) => next?.plane_lps && Math.abs(distanceToPlane_mm(plane, next.plane_lps.origin_lps)))
    .filter((mm): mm is number => typeof mm === 'number' && mm > 1e-3)
  return (away.length > 0 ? Math.min(...away) : LONE_SLICE_MM) / 2
}

/**
 * Whether a measurement is drawn on what a view shows: on its own image; and, without an image or
 * on a plane that is none, wherever all of its points lie within half a slice.
 */
export function isShownOn(measurement: DrawnMeasurement, surface: Surface): boolean {
  const { sop_instance_uid, points_lps, frame_of_reference_uid } = measurement
  const { frame, plane, series } = surface
  if (sop_instance_uid !== null && frame !== null) {
    return sop_instance_uid === frame.sop_instance_uid && measurement.frame === frame.frame
  }
  if (points_lps === null || !isInPatient(surface)) return false
  const isOfSeries = ({ sop_instance_uid: uid, frame: number }: FrameDescription): boolean =>
    uid === sop_instance_uid && number === measurement.frame
  if (sop_instance_uid !== null && !series.frames.some(isOfSeries)) return false
  const here = series.frame_of_reference_uid
  if (here === null || frame_of_reference_uid !== here) return false
  const reach_mm = halfSlice_mm(surface) + 1e-6
  return points_lps.every((point) => Math.abs(distanceToPlane_mm(plane, point)) <= reach_mm)
}

/** Positions as they go out: patient space where there is one, else sub-pixel column and row. */
export function positionsFor(
  surface: Surface,
  points: readonly Vec3[],
): Pick<MeasurementDraft, 'points_lps' | 'points_image'> {
  if (isInPatient(surface)) return { points_lps: [...points], points_image: null }
  return {
    points_lps: null,
    points_image: points.map((point) => patientToImage(surface.plane, point)),
  }
}

export function draftOf(
  id: string,
  kind: MeasurementKind,
  surface: Surface,
  points: readonly Vec3[],
): MeasurementDraft {
  const { series, frame } = surface
  return {
    id,
    kind,
    study_instance_uid: series.study_instance_uid,
    series_instance_uid: series.series_instance_uid,
    sop_instance_uid: frame?.sop_instance_uid ?? null,
    frame: frame?.frame ?? 1,
    frame_of_reference_uid: isInPatient(surface) ? series.frame_of_reference_uid : null,
    ...positionsFor(surface, points),
  }
}

/** The points where their distances are lengths, and the unit of these. */
function measuredOn(drawn: readonly Vec3[], { frame, plane }: Surface): Measured {
  if (frame === null || frame.plane_lps !== null) return { points: drawn, angular: drawn, unit: 'mm' }
  const pixels = drawn.map((point) => patientToImage(plane, point))
  const scale = scaleAt(frame.calibration, pixels)
  const { row_mm, column_mm } = scale ?? { row_mm: 1, column_mm: 1 }
  const points = pixels.map(([column, row]): Vec3 => [column * column_mm, row * row_mm, 0])
  // The stand-in plane has the pixels' aspect, if nothing else.
  return { points, angular: scale ? points : drawn, unit: scale ? 'mm' : 'px' }
}

/** The words while drawing; the server's values are the ones that stay. */
export const liveText = (
  kind: MeasurementKind,
  drawn: readonly Vec3[],
  surface: Surface,
): string => MEASURING_TOOLS[kind].words(measuredOn(drawn, surface))
