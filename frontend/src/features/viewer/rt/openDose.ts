import type { Dose } from '@/api/types'
import { gridFromPlanes } from '@/geometry'
import { loadFrame } from '@/viewer/loader'
import type { DoseOverlay } from '@/viewer/rt/overlays'
import type { Viewer } from '@/viewer/viewer'

import { USUAL_LEVELS_PERCENT } from './levels'

/** Behind every picture that somebody waits for. */
const PRIORITY_DOSE = 20

/**
 * The grid of a dose, read by the pixel path like any other frames.
 *
 * @throws Error where its planes are no lattice: nothing is resampled.
 */
export async function openDose(viewer: Viewer, id: string, dose: Dose): Promise<DoseOverlay> {
  const series = await viewer.library.open(dose.series_instance_uid)
  const frames = series.frames.filter((one) => one.sop_instance_uid === dose.sop_instance_uid)
  const planes = frames.map((one) => one.plane_lps).filter((plane) => plane !== null)
  const grid = planes.length === frames.length ? gridFromPlanes(planes) : null
  if (grid === null) throw new Error('the planes of the dose are no lattice')
  const images = await Promise.all(frames.map((one) => loadFrame(one.image_id, PRIORITY_DOSE)))
  const size = grid.size[0] * grid.size[1]
  const values = new Float32Array(size * images.length)
  let maximum_gy = 0
  images.forEach((image, index) => {
    const pixels = image.getPixelData() as ArrayLike<number>
    values.set(pixels, index * size)
  })
  for (const value of values) if (value > maximum_gy) maximum_gy = value
  const { frame_of_reference_uid } = dose
  return { id, frame_of_reference_uid, volume: { grid, values }, maximum_gy }
}

/** Below this part of the reference a dose is not coloured until somebody asks. */
const FIRST_COLOURED = 0.1

/** How a dose looks at first: the usual isodoses of the prescription, or of its maximum. */
export function openLook(
  viewer: Viewer,
  dose: Dose,
  prescription_gy: number | null,
  word: string,
): void {
  const reference_gy = prescription_gy ?? dose.maximum_gy ?? 0
  viewer.rt.setLook({
    ...viewer.rt.look,
    word,
    reference_gy,
    lower_gy: reference_gy * FIRST_COLOURED,
    levels_gy: USUAL_LEVELS_PERCENT.map((percent) => (reference_gy * percent) / 100),
  })
}
