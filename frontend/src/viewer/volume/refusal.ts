import { gridFromPlanes, type ImagePlane, type VolumeGrid } from '@/geometry'

import { toPixelError } from '../errors'
import type { SeriesDescription } from '../frames'
import type { StackDescription } from '../stacks'

/** Why a stack is not cut in other planes, or not laid over another. The screen has a sentence each. */
export type RefusalCode =
  | 'no_patient_space'
  | 'colour'
  | 'not_a_volume'
  | 'too_large'
  /** This machine, or whoever sits before it, has chosen to show images only. */
  | 'image_by_image'
  | 'not_loaded'
  | 'frame_of_reference_mismatch'
  | 'other_identity'
  | 'no_webgl2'

export interface Refusal {
  readonly code: RefusalCode
  /** The archive's own words: tilt, gaps, uneven spacing. */
  readonly details: readonly string[]
}

export class VolumeRefused extends Error {
  readonly refusal: Refusal

  constructor(code: RefusalCode, details: readonly string[] = []) {
    super(code)
    this.name = 'VolumeRefused'
    this.refusal = { code, details }
  }
}

export function refusalFrom(error: unknown): Refusal {
  if (error instanceof VolumeRefused) return error.refusal
  return { code: 'not_loaded', details: [toPixelError(error).code] }
}

/**
 * The lattice of a stack, or why it has none. Both must agree that it is a volume: the archive, which
 * has read the whole stack, and the positions that are used here.
 *
 * @throws VolumeRefused
 */
export function gridOfStack(series: SeriesDescription, stack: StackDescription): VolumeGrid {
  const frames = series.frames.slice(stack.start, stack.start + stack.count)
  const planes = frames.flatMap(({ plane_lps }): ImagePlane[] => (plane_lps ? [plane_lps] : []))
  const details = stack.warnings.map(({ message }) => message)
  if (planes.length < frames.length || frames.length === 0) {
    throw new VolumeRefused('no_patient_space', details)
  }
  if (frames.some(({ layout }) => layout.samples_per_pixel > 1)) throw new VolumeRefused('colour')
  const grid = stack.is_volume ? gridFromPlanes(planes) : null
  if (grid === null) throw new VolumeRefused('not_a_volume', details)
  return grid
}
