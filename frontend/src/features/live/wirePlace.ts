import { patientToImage } from '@/geometry'
import type { Pointer, Whereabouts } from '@/protocol/generated'
import type { StackView } from '@/viewer/stackView'
import type { LocalPointer } from '@/viewer/viewer'

/** A place under the hand as it travels: in the patient, else on its image (LIVE-L1). */
export function wirePointer({ view, point }: LocalPointer): Pointer | null {
  const { series } = view.state
  const frame = view.shownFrame
  if (series === null) return null
  if (frame === null) return planePointer(view, point)
  const inPatient = frame.plane_lps !== null && series.frame_of_reference_uid !== null
  const [column, row] = patientToImage(frame.plane, point)
  return {
    series_instance_uid: series.series_instance_uid,
    frame_of_reference_uid: inPatient ? series.frame_of_reference_uid : null,
    point_lps: inPatient ? [...point] : null,
    sop_instance_uid: frame.sop_instance_uid,
    frame: frame.frame,
    point_image: inPatient ? null : [column, row],
  }
}

/** On a plane between images: a place in the patient, and no image. */
function planePointer(view: StackView, point: LocalPointer['point']): Pointer | null {
  const { series, reformat } = view.state
  if (reformat?.kind !== 'plane' || !series?.frame_of_reference_uid) return null
  return {
    series_instance_uid: series.series_instance_uid,
    frame_of_reference_uid: series.frame_of_reference_uid,
    point_lps: [...point],
    sop_instance_uid: null,
    frame: null,
    point_image: null,
  }
}

/** What a viewport shows, for whoever wants to come there; null where it shows nothing. */
export function whereabouts(view: StackView | null): Whereabouts | null {
  const { series, camera, reformat } = view?.state ?? {}
  const frame = view?.targetFrame ?? null
  if (!series || !camera || frame === null) return null
  const space = frame.plane_lps === null ? null : series.frame_of_reference_uid
  return {
    series_instance_uid: series.series_instance_uid,
    frame_of_reference_uid: space,
    sop_instance_uid: reformat ? null : frame.sop_instance_uid,
    frame: reformat ? null : frame.frame,
    center_lps: space === null ? null : [...camera.focal_point_lps],
  }
}

/** The middle of what a viewport shows, where no hand is. */
export function middleOf(view: StackView | null): LocalPointer | null {
  if (view === null) return null
  const { width, height } = view.size
  const point = view.canvasToPatient([width / 2, height / 2])
  return point && { view, point }
}
