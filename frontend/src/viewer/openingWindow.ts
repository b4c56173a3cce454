import type { FrameImage } from './decoding/frameImage'
import type { FrameDescription, SeriesDescription } from './frames'
import type { ViewState } from './viewState'
import {
  FIRST_CT_RANGE,
  FIRST_SUV_RANGE,
  rangeFromPixels,
  showsNothing,
  type VoiWindow,
} from './voi'

/** The window a series opens with, where it can be known before its pixels. */
export function firstWindow(series: SeriesDescription, frame: FrameDescription): VoiWindow | null {
  if (series.unit === 'SUVbw g/mL') return { ...FIRST_SUV_RANGE, invert: true }
  if (frame.layout.samples_per_pixel > 1) return { lower: 0, upper: 255, invert: false }
  if (frame.voi !== null) return { ...frame.voi, invert: series.modality === 'PT' }
  if (series.modality === 'CT') return { ...FIRST_CT_RANGE, invert: false }
  return null
}

export const sameWindow = (a: VoiWindow | null, b: VoiWindow | null): boolean =>
  a !== null &&
  b !== null &&
  a.lower === b.lower &&
  a.upper === b.upper &&
  a.invert === b.invert

export const windowFromImage = (image: FrameImage): VoiWindow =>
  image.color
    ? { lower: 0, upper: 255, invert: false }
    : { ...rangeFromPixels(image.getPixelData() as ArrayLike<number>), invert: false }

/** The current window, unless it is our guess and would show nothing of the first picture. */
export function keptWindow(
  { voi, shown_index }: ViewState,
  frame: FrameDescription | null,
  image: FrameImage,
): VoiWindow | null {
  const isGuess = shown_index === null && frame?.voi === null && !image.color
  const isOurs = sameWindow(voi, { ...FIRST_CT_RANGE, invert: false })
  return voi !== null && isGuess && isOurs && showsNothing(voi, image) ? null : voi
}
