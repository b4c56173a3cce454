import type { StoredPixels } from './pixelValues'

/**
 * The picture of one frame, modality values in place of stored ones.
 *
 * Its fields are named as Cornerstone names them, so that the graphics card's renderer takes it over
 * as it is.
 */
export interface FrameImage {
  readonly imageId: string
  readonly columns: number
  readonly rows: number
  /** Three samples a pixel, 0 to 255; else one modality value. */
  readonly color: boolean
  readonly dataType: string
  readonly minPixelValue: number
  readonly maxPixelValue: number
  readonly sizeInBytes: number
  readonly getPixelData: () => StoredPixels
}

/** A picture from its values, which are `columns × rows`, three times as many in colour. */
export function frameImageOf(
  imageId: string,
  { columns, rows }: Pick<FrameImage, 'columns' | 'rows'>,
  pixels: StoredPixels,
  color: boolean,
  [smallest, largest]: readonly [number, number],
): FrameImage {
  return {
    imageId,
    columns,
    rows,
    color,
    dataType: pixels.constructor.name,
    minPixelValue: smallest,
    maxPixelValue: largest,
    sizeInBytes: pixels.byteLength,
    getPixelData: () => pixels,
  }
}
