import type { FrameImage } from './decoding/frameImage'
import type { FrameDescription, SeriesDescription } from './frames'
import { isPreview } from './preview'
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

/** No file named it: a window that may show nothing of what comes. */
export const isGuess = (voi: VoiWindow | null, frame: FrameDescription | null): boolean =>
  frame?.voi === null && sameWindow(voi, { ...FIRST_CT_RANGE, invert: false })

/**
 * Finds the window of a series from its pictures, where it is not known before them. What a picture
 * of the server suggests holds until the frame itself is here: its 8 bits may hold none of the values.
 */
export class OpeningWindow {
  private provisional: VoiWindow | null = null

  /** The current window, unless it is our guess and would show nothing of the first picture. */
  for({ voi, shown_index }: ViewState, frame: FrameDescription | null, image: FrameImage): VoiWindow {
    const isFirst = shown_index === null
    const isOpen = isFirst
      ? voi === null || (isGuess(voi, frame) && !image.color && showsNothing(voi, image))
      : sameWindow(voi, this.provisional)
    const found = isOpen || voi === null ? windowFromImage(image) : voi
    if (isOpen || isFirst) this.provisional = isOpen && isPreview(image) ? found : null
    return found
  }
}
