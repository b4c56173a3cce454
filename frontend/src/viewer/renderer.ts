import type { CanvasSize, ImagePlane, PlaneCamera } from '@/geometry'

import type { FrameImage } from './decoding/frameImage'
import type { VoiRange } from './voi'

/** Everything a picture on the screen depends on. */
export interface Picture {
  readonly image: FrameImage
  readonly plane: ImagePlane
  readonly camera: PlaneCamera
  readonly voi: VoiRange
  /** Final inversion: asked for by a person, or MONOCHROME1, but not both. */
  readonly inverted: boolean
  readonly smooth: boolean
}

/** Puts pictures into an element. The camera mathematics is ours; renderers only obey. */
export interface SliceRenderer {
  readonly kind: 'gpu' | 'canvas'
  /** Draws before the next paint, and calls `onDrawn` after the pixels are there. */
  draw(picture: Picture): void
  clear(): void
  /** CSS size the last picture was drawn for. */
  size(): CanvasSize
  resize(): void
  canvas(): HTMLCanvasElement | null
  dispose(): void
}

export type OnDrawn = () => void
