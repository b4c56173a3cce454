import { imageToCanvas, type CanvasSize, type ImagePlane, type PlaneCamera } from '@/geometry'

import { paintPlane, type BasePaint, type OverlayPaint } from './planePainter'

/** A sampled plane, ready to be placed under a camera. */
export interface PlanePicture {
  readonly plane: ImagePlane
  readonly camera: PlaneCamera
  readonly base: BasePaint | null
  readonly overlay: OverlayPaint | null
  /** False where a mixture of two colours would stand for a value that neither has. */
  readonly smooth?: boolean
}

/** Within this of one element per device pixel, nothing is to be smoothed. */
const EXACT = 1e-3

/** A canvas over the native picture: covers it with a plane, or lays a second volume over it. */
export class PlaneLayer {
  readonly canvas = document.createElement('canvas')
  private readonly element: HTMLElement
  private readonly buffer = document.createElement('canvas')

  constructor(element: HTMLElement) {
    this.element = element
    this.canvas.className = 'vw-plane'
    this.canvas.style.cssText =
      'position:absolute;inset:0;width:100%;height:100%;display:none;pointer-events:none'
    element.append(this.canvas)
  }

  hide(): void {
    this.canvas.style.display = 'none'
  }

  /** Black: a plane is on its way, and the native picture must not pass for it. */
  cover(): void {
    const context = this.prepared()
    context.fillStyle = '#000'
    context.fillRect(0, 0, this.canvas.width, this.canvas.height)
  }

  /** A finished picture, stretched over the canvas. */
  show(picture: HTMLCanvasElement): void {
    const context = this.prepared()
    context.imageSmoothingEnabled = true
    context.drawImage(picture, 0, 0, this.canvas.width, this.canvas.height)
  }

  draw(picture: PlanePicture, size: CanvasSize): void {
    const { plane, camera, base, overlay, smooth = true } = picture
    const context = this.prepared()
    if (base === null) context.clearRect(0, 0, this.canvas.width, this.canvas.height)
    else {
      const { outside } = base
      context.fillStyle = `rgb(${outside} ${outside} ${outside})`
      context.fillRect(0, 0, this.canvas.width, this.canvas.height)
    }
    this.fill(plane, base, overlay)
    const t = imageToCanvas(camera, size, plane)
    const [x, y] = [this.canvas.width / size.width, this.canvas.height / size.height]
    context.setTransform(t.a * x, t.b * y, t.c * x, t.d * y, t.e * x, t.f * y)
    const exact =
      Math.abs(t.a * x - 1) < EXACT && Math.abs(t.d * y - 1) < EXACT && Math.abs(t.b) < EXACT
    context.imageSmoothingEnabled = smooth && !exact
    context.imageSmoothingQuality = 'high'
    context.drawImage(this.buffer, -0.5, -0.5)
  }

  dispose(): void {
    this.canvas.remove()
  }

  private fill(
    plane: ImagePlane,
    base: BasePaint | null,
    overlay: OverlayPaint | null,
  ): void {
    const { columns, rows } = plane
    this.buffer.width = columns
    this.buffer.height = rows
    const context = contextOf(this.buffer)
    const target = context.createImageData(columns, rows)
    paintPlane(target.data, base, overlay)
    context.putImageData(target, 0, 0)
  }

  private prepared(): CanvasRenderingContext2D {
    const ratio = window.devicePixelRatio || 1
    const width = Math.max(1, Math.round(this.element.clientWidth * ratio))
    const height = Math.max(1, Math.round(this.element.clientHeight * ratio))
    if (this.canvas.width !== width) this.canvas.width = width
    if (this.canvas.height !== height) this.canvas.height = height
    this.canvas.style.display = 'block'
    const context = contextOf(this.canvas)
    context.setTransform(1, 0, 0, 1, 0, 0)
    return context
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('this browser has no 2D canvas')
  return context
}
