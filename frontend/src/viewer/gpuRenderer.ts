import { Enums, type Types } from '@cornerstonejs/core'

import { add, cross, parallelScaleFromFit, scale, screenAxes, type CanvasSize } from '@/geometry'

import { asCornerstoneImage, renderingEngine, startCornerstone } from './cornerstoneEngine'
import type { FrameImage } from './decoding/frameImage'
import type { OnDrawn, Picture, SliceRenderer } from './renderer'

/** How far in front of the plane the eye stands; parallel projection, so only the sign matters. */
const EYE_DISTANCE_MM = 1000

export { renewEngine as renewCard } from './cornerstoneEngine'

let counter = 0

/** Prepares the card's library; what it returns makes a renderer for one viewport. */
export function startCard(
  onLost: () => void,
): (element: HTMLDivElement, onDrawn: OnDrawn) => SliceRenderer {
  startCornerstone(onLost)
  return (element, onDrawn) => new GpuRenderer(element, onDrawn)
}

/** Draws slices with a Cornerstone3D stack viewport on the graphics card. */
export class GpuRenderer implements SliceRenderer {
  readonly kind = 'gpu'
  private readonly element: HTMLDivElement
  private readonly onDrawn: OnDrawn
  private readonly viewportId: string
  private shown: FrameImage | null = null
  private stackOf: string | null = null
  private preparing: string | null = null
  private latest: Picture | null = null

  constructor(element: HTMLDivElement, onDrawn: OnDrawn) {
    counter += 1
    this.element = element
    this.onDrawn = onDrawn
    this.viewportId = `view-${counter}`
    renderingEngine().enableElement({
      viewportId: this.viewportId,
      type: Enums.ViewportType.STACK,
      element,
      defaultOptions: { background: [0, 0, 0] },
    })
    element.addEventListener(Enums.Events.IMAGE_RENDERED, this.onRendered)
  }

  private readonly onRendered = (): void => {
    if (this.shown !== null) this.onDrawn()
  }

  draw(picture: Picture): void {
    this.latest = picture
    const key = `${picture.image.columns}x${picture.image.rows}:${picture.image.dataType}:${picture.image.color}`
    if (this.stackOf === key) {
      this.show(picture)
      return
    }
    if (this.preparing === key) return
    this.preparing = key
    // A stack of one: Cornerstone builds its texture and actor for this kind of image; later
    // images of the kind are handed over synchronously.
    this.viewport()
      .setStack([picture.image.imageId])
      .then(() => {
        this.stackOf = key
        this.preparing = null
        if (this.latest !== null) this.draw(this.latest)
      })
      .catch(() => {
        this.preparing = null
      })
  }

  private show(picture: Picture): void {
    const viewport = this.viewport()
    if (this.shown !== picture.image) {
      viewport.renderImageObject(asCornerstoneImage(picture.image))
      this.shown = picture.image
    }
    viewport.setProperties({
      voiRange: { lower: picture.voi.lower, upper: picture.voi.upper },
      invert: picture.inverted,
      interpolationType: picture.smooth
        ? Enums.InterpolationType.LINEAR
        : Enums.InterpolationType.NEAREST,
    })
    this.aim(viewport, picture)
    viewport.render()
  }

  /**
   * Cornerstone's own flips and pan stay unused: a mirrored picture is the same plane seen from
   * behind, and position comes from the focal point alone.
   */
  private aim(viewport: Types.IStackViewport, { camera }: Picture): void {
    const { right, up } = screenAxes(camera)
    const towards_eye = cross(right, up)
    viewport.setCamera({
      focalPoint: [...camera.focal_point_lps],
      position: [...add(camera.focal_point_lps, scale(towards_eye, EYE_DISTANCE_MM))],
      viewUp: [...up],
      viewPlaneNormal: [...towards_eye],
      parallelProjection: true,
      parallelScale: parallelScaleFromFit(camera.fit_mm, this.size()),
    } as Types.ICamera)
    viewport.getRenderer().resetCameraClippingRange()
  }

  clear(): void {
    this.latest = null
    this.shown = null
    const canvas = this.canvas()
    canvas?.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height)
  }

  size(): CanvasSize {
    return { width: this.element.clientWidth || 1, height: this.element.clientHeight || 1 }
  }

  resize(): void {
    renderingEngine().resize(true, true)
  }

  canvas(): HTMLCanvasElement | null {
    return (
      this.element.querySelector('canvas.cornerstone-canvas') ??
      this.element.querySelector('canvas')
    )
  }

  dispose(): void {
    this.element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.onRendered)
    renderingEngine().disableElement(this.viewportId)
  }

  private viewport(): Types.IStackViewport {
    return renderingEngine().getViewport(this.viewportId) as Types.IStackViewport
  }
}
