import { imageToCanvas, type CanvasSize } from '@/geometry'

import type { OnDrawn, Picture, SliceRenderer } from './renderer'
import type { VoiRange } from './voi'

/**
 * Draws slices with the 2D canvas: the software fallback, exact in the same geometry as the card.
 *
 * The window is applied once per picture, window and inversion into an image-sized buffer; moving
 * the camera only redraws that buffer.
 */
export class CanvasRenderer implements SliceRenderer {
  readonly kind = 'canvas'
  private readonly element: HTMLElement
  private readonly onDrawn: OnDrawn
  private readonly target: HTMLCanvasElement
  private readonly buffer = document.createElement('canvas')
  private buffered: { image: Picture['image']; voi: VoiRange; inverted: boolean } | null = null
  private pending: Picture | null = null
  private frameHandle = 0

  constructor(element: HTMLElement, onDrawn: OnDrawn) {
    this.element = element
    this.onDrawn = onDrawn
    this.target = document.createElement('canvas')
    this.target.style.cssText = 'position:absolute;inset:0;width:100%;height:100%;display:block'
    element.append(this.target)
    this.resize()
  }

  draw(picture: Picture): void {
    this.pending = picture
    if (this.frameHandle === 0) {
      this.frameHandle = requestAnimationFrame(() => {
        this.frameHandle = 0
        this.paint()
      })
    }
  }

  clear(): void {
    this.pending = null
    this.buffered = null
    this.context().clearRect(0, 0, this.target.width, this.target.height)
  }

  size(): CanvasSize {
    return { width: this.element.clientWidth || 1, height: this.element.clientHeight || 1 }
  }

  resize(): void {
    const ratio = window.devicePixelRatio || 1
    const width = Math.max(1, Math.round(this.element.clientWidth * ratio))
    const height = Math.max(1, Math.round(this.element.clientHeight * ratio))
    if (this.target.width !== width) this.target.width = width
    if (this.target.height !== height) this.target.height = height
  }

  canvas(): HTMLCanvasElement {
    return this.target
  }

  dispose(): void {
    cancelAnimationFrame(this.frameHandle)
    this.target.remove()
  }

  private context(): CanvasRenderingContext2D {
    const context = this.target.getContext('2d')
    if (context === null) throw new Error('this browser has no 2D canvas')
    return context
  }

  private paint(): void {
    const picture = this.pending
    if (picture === null) return
    this.fillBuffer(picture)
    const context = this.context()
    const size = this.size()
    const [x_ratio, y_ratio] = [this.target.width / size.width, this.target.height / size.height]
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.fillStyle = '#000'
    context.fillRect(0, 0, this.target.width, this.target.height)
    const t = imageToCanvas(picture.camera, size, picture.plane)
    context.setTransform(
      t.a * x_ratio,
      t.b * y_ratio,
      t.c * x_ratio,
      t.d * y_ratio,
      t.e * x_ratio,
      t.f * y_ratio,
    )
    context.imageSmoothingEnabled = picture.smooth
    context.imageSmoothingQuality = 'high'
    // Pixel centres are whole numbers, so the first pixel begins half a pixel before zero.
    context.drawImage(this.buffer, -0.5, -0.5)
    this.onDrawn()
  }

  private fillBuffer({ image, voi, inverted }: Picture): void {
    const known = this.buffered
    const same =
      known !== null &&
      known.image === image &&
      known.inverted === inverted &&
      known.voi.lower === voi.lower &&
      known.voi.upper === voi.upper
    if (same) return
    this.buffer.width = image.columns
    this.buffer.height = image.rows
    const context = this.buffer.getContext('2d')
    if (context === null) throw new Error('this browser has no 2D canvas')
    const target = context.createImageData(image.columns, image.rows)
    const pixels = image.getPixelData() as ArrayLike<number>
    if (image.color) fillColour(target.data, pixels, voi, inverted)
    else fillGrey(target.data, pixels, voi, inverted)
    context.putImageData(target, 0, 0)
    this.buffered = { image, voi, inverted }
  }
}

/** Window of a colour image that changes nothing. */
const isNeutral = ({ lower, upper }: VoiRange): boolean => lower <= 0 && upper >= 255

export function fillGrey(
  target: Uint8ClampedArray,
  pixels: ArrayLike<number>,
  { lower, upper }: VoiRange,
  inverted: boolean,
): void {
  const gain = 255 / Math.max(upper - lower, 1e-9)
  const words = new Uint32Array(target.buffer)
  const flip = inverted ? 255 : 0
  for (let i = 0; i < words.length; i += 1) {
    const value = ((pixels[i] ?? 0) - lower) * gain
    const clamped = value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0
    const grey = clamped ^ flip
    words[i] = 0xff000000 | (grey << 16) | (grey << 8) | grey
  }
}

function fillColour(
  target: Uint8ClampedArray,
  pixels: ArrayLike<number>,
  voi: VoiRange,
  inverted: boolean,
): void {
  const count = target.length / 4
  const components = Math.round(pixels.length / count)
  const neutral = isNeutral(voi)
  const gain = 255 / Math.max(voi.upper - voi.lower, 1e-9)
  for (let i = 0; i < count; i += 1) {
    for (let c = 0; c < 3; c += 1) {
      const stored = pixels[i * components + (components >= 3 ? c : 0)] ?? 0
      const shown = neutral ? stored : (stored - voi.lower) * gain
      target[i * 4 + c] = inverted ? 255 - shown : shown
    }
    target[i * 4 + 3] = 255
  }
}
