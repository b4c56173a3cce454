import {
  areParallel,
  canvasToPatient,
  fittingCamera,
  onPlane,
  panned,
  patientToCanvas,
  rotatedClockwise,
  zoomedAbout,
  type CanvasSize,
  type ImagePlane,
  type PlaneCamera,
  type RegistrationLink,
  type Vec2,
  type Vec3,
} from '@/geometry'

import type { FrameImage } from './decoding/frameImage'
import { createRenderer, rendererChanged } from './engine'
import { toPixelError, type PixelError } from './errors'
import type { FrameDescription, SeriesDescription } from './frames'
import { cachedPicture, loadInSteps } from './pictures'
import { pixelValue } from './preview'
import type { SliceRenderer } from './renderer'
import { Signal } from './signal'
import { nearestInStack, shareWindow, stackAt, type StackDescription } from './stacks'
import { firstWindow, OpeningWindow, sameWindow, windowFromImage } from './openingWindow'
import { ServerPictures } from './serverPictures'
import { EMPTY, type Cause, type Emptiness, type ViewState } from './viewState'
import type { VoiWindow } from './voi'
import { PlaneMode } from './volume/planeMode'
import { fittedCamera, isWhole, scrolledCamera, type Fusion, type Reformat } from './volume/reformat'

export type { Cause, Emptiness, ViewState, ViewStatus } from './viewState'

/** One viewport: a series, a slice, a camera and a window, drawn into an element. */
export class StackView {
  readonly changed = new Signal<Cause>()
  /** After every drawn picture: overlays follow from here. */
  readonly drawn = new Signal()
  private current: ViewState = EMPTY
  private renderer: SliceRenderer | null = null
  private observer: ResizeObserver | null = null
  /** What is on the canvas; ask `isPreview` before taking values from it. */
  shownImage: FrameImage | null = null
  private readonly opening = new OpeningWindow()
  private awaiting = 0
  private stopWaiting: () => void = () => undefined
  private readonly serverPictures = new ServerPictures(this)
  /** Planes through the stack, and a second volume over it. */
  readonly planes: PlaneMode

  constructor(registrations: () => readonly RegistrationLink[] = () => []) {
    this.planes = new PlaneMode({
      view: () => this,
      change: (part, cause) => this.set({ ...this.current, ...part }, cause),
      redraw: () => this.redraw(),
      drawn: () => this.drawn.emit(),
      registrations,
    })
  }

  get state(): ViewState {
    return this.current
  }

  get size(): CanvasSize {
    return this.renderer?.size() ?? { width: 1, height: 1 }
  }

  get rendererKind(): 'gpu' | 'canvas' | null {
    return this.renderer?.kind ?? null
  }

  canvas(): HTMLCanvasElement | null {
    return (this.current.reformat && this.planes.canvas()) ?? this.renderer?.canvas() ?? null
  }

  /** The image below whatever is laid over it; not asked for where a plane is shown. */
  get nativeFrame(): FrameDescription | null {
    const { series, shown_index } = this.current
    return series === null || shown_index === null ? null : (series.frames[shown_index] ?? null)
  }

  /** Overlays are drawn for the slice that is really shown, not for the one still coming. */
  get shownFrame(): FrameDescription | null {
    return this.current.reformat === null ? this.nativeFrame : null
  }

  /** Where the picture on the canvas lies. Whoever needs the plane, not the image, asks here. */
  get shownPlane(): ImagePlane | null {
    return this.current.reformat ? this.planes.plane : (this.nativeFrame?.plane ?? null)
  }

  get targetFrame(): FrameDescription | null {
    return this.current.series?.frames[this.current.index] ?? null
  }

  /** What is being scrolled: the stack of the slice asked for. */
  get stack(): StackDescription | null {
    const { series, index } = this.current
    return series === null ? null : stackAt(series.stacks, index)
  }

  attach(element: HTMLDivElement): void {
    const onDrawn = (): void => this.drawn.emit()
    this.renderer = createRenderer(element, onDrawn)
    this.stopWaiting = rendererChanged.on(() => {
      this.detach()
      this.attach(element)
    })
    this.planes.attach(element)
    this.serverPictures.start()
    this.observer = new ResizeObserver(() => this.resized())
    this.observer.observe(element)
    this.redraw()
  }

  detach(): void {
    this.stopWaiting()
    this.serverPictures.stop()
    this.observer?.disconnect()
    this.observer = null
    this.planes.detach()
    this.renderer?.dispose()
    this.renderer = null
  }

  private resized(): void {
    this.renderer?.resize()
    this.redraw()
    this.changed.emit('program')
  }

  clear(status: Emptiness = 'empty', cause: Cause = 'program'): void {
    this.awaiting += 1
    this.shownImage = null
    this.planes.reset()
    this.renderer?.clear()
    this.set({ ...EMPTY, status }, cause)
    this.drawn.emit()
  }

  fail(error: PixelError): void {
    this.set({ ...this.current, status: 'error', error }, 'program')
  }

  waitFor(): void {
    this.planes.reset()
    this.set({ ...EMPTY, status: 'loading' }, 'program')
  }

  showSeries(series: SeriesDescription, index: number, cause: Cause): void {
    const changes = series !== this.current.series
    const first = series.frames[index]
    if (first === undefined) return
    if (changes) {
      this.shownImage = null
      this.planes.reset()
      this.renderer?.clear()
      this.current = {
        ...EMPTY,
        status: 'loading',
        series,
        index,
        camera: fittingCamera(first.plane, this.size),
        voi: firstWindow(series, first),
      }
    }
    this.setIndex(index, cause, true)
  }

  setIndex(index: number, cause: Cause, force = false): void {
    const { series, camera } = this.current
    if (series === null) return
    const bounded = Math.max(0, Math.min(series.frames.length - 1, Math.round(index)))
    if (!force && bounded === this.current.index) return
    const frame = series.frames[bounded]
    if (frame === undefined) return
    const before = this.targetFrame
    // A scout among axial slices is looked at from its own front.
    const turned = before !== null && !areParallel(before.plane, frame.plane)
    const own = turned
      ? fittingCamera(frame.plane, this.size)
      : camera && onPlane(camera, frame.plane)
    // A plane lies where it was put, whatever image is behind it.
    const next = this.current.reformat ? camera : own
    this.set({ ...this.current, index: bounded, camera: next }, cause)
    void this.load(frame, bounded)
    this.planes.stackMayHaveChanged()
  }

  /** Within the stack: what lies beyond its ends is something else. */
  scroll(slices: number, cause: Cause = 'user'): void {
    const { stack } = this
    if (stack === null) return
    const { reformat, camera } = this.current
    if (reformat !== null) {
      const { grid } = this.planes
      if (camera === null || grid === null) return
      if (reformat.kind !== 'plane') this.planes.turn(slices)
      else this.setCamera(scrolledCamera(grid, camera, slices), cause)
      return
    }
    const last = stack.start + stack.count - 1
    const wanted = Math.max(stack.start, Math.min(last, this.current.index + slices))
    this.setIndex(wanted, cause)
  }

  scrollToEnd(end: 'first' | 'last'): void {
    if (isWhole(this.current.reformat)) return
    this.scroll(end === 'first' ? -Infinity : Infinity)
  }

  /** The next or the previous stack of the series. */
  stepStack(step: 1 | -1, cause: Cause = 'user'): void {
    const { series } = this.current
    const { stack } = this
    if (series === null || stack === null) return
    const next = series.stacks[series.stacks.indexOf(stack) + step]
    if (next !== undefined) this.showStack(next.number, cause)
  }

  /** Another stack of the series, at the slice nearest to what is looked at. */
  showStack(number: number, cause: Cause): void {
    const { series, camera, voi } = this.current
    const before = this.stack
    const next = series?.stacks.find((stack) => stack.number === number)
    if (series === null || next === undefined || before === null || next === before) return
    const index = nearestInStack(series, next, camera)
    const opening = this.targetFrame && firstWindow(series, this.targetFrame)
    const target = series.frames[index]
    const wanted = target && firstWindow(series, target)
    // A window that nobody touched belongs to the picture; one that somebody chose stays.
    if (wanted && sameWindow(voi, opening) && !shareWindow(before, next)) {
      this.current = { ...this.current, voi: wanted }
    }
    this.setIndex(index, cause)
  }

  retry(): void {
    const frame = this.targetFrame
    if (frame !== null) void this.load(frame, this.current.index)
  }

  private async load(frame: FrameDescription, index: number): Promise<void> {
    this.awaiting += 1
    const turn = this.awaiting
    const ready = cachedPicture(frame.image_id)
    const present = (image: FrameImage): void =>
      this.planes.present(frame, () => this.shown(image, index))
    if (ready !== null) return present(ready)
    try {
      await loadInSteps(frame.image_id, (image) => turn === this.awaiting && present(image))
    } catch (error) {
      if (turn === this.awaiting) this.fail(toPixelError(error))
    }
  }

  private shown(image: FrameImage, index: number): void {
    this.shownImage = image
    const voi = this.opening.for(this.current, this.targetFrame, image)
    this.set({ ...this.current, status: 'ready', error: null, shown_index: index, voi }, 'program')
    this.redraw()
  }

  setCamera(camera: PlaneCamera, cause: Cause): void {
    if (this.current.series === null) return
    this.set({ ...this.current, camera }, cause)
    this.redraw()
  }

  setVoi(voi: VoiWindow, cause: Cause): void {
    if (this.current.series === null || sameWindow(this.current.voi, voi)) return
    this.set({ ...this.current, voi }, cause)
    this.redraw()
  }

  pan(delta: Vec2): void {
    if (this.current.camera) this.setCamera(panned(this.current.camera, this.size, delta), 'user')
  }

  zoomAbout(position: Vec2, factor: number): void {
    const { camera } = this.current
    if (camera) this.setCamera(zoomedAbout(camera, this.size, position, factor), 'user')
  }

  zoom(factor: number): void {
    const { width, height } = this.size
    this.zoomAbout([width / 2, height / 2], factor)
  }

  rotate(degrees: number): void {
    const { camera } = this.current
    if (camera) this.setCamera(rotatedClockwise(camera, degrees), 'user')
  }

  flip(axis: 'horizontal' | 'vertical'): void {
    const { camera } = this.current
    if (camera === null) return
    const side = `flip_${axis}` as const
    this.setCamera({ ...camera, [side]: !camera[side] }, 'user')
  }

  invert(): void {
    const { voi } = this.current
    if (voi) this.setVoi({ ...voi, invert: !voi.invert }, 'user')
  }

  fit(): void {
    const frame = this.targetFrame
    const { reformat, camera } = this.current
    const { grid } = this.planes
    if (reformat && camera && grid) {
      const { view_up, view_plane_normal, focal_point_lps } = camera
      const through = reformat.kind === 'plane' ? focal_point_lps : undefined
      const fitted = fittedCamera(grid, view_up, view_plane_normal, this.size, through)
      this.setCamera(fitted, 'user')
    } else if (frame) this.setCamera(fittingCamera(frame.plane, this.size), 'user')
  }

  /** Camera and window as when the series was opened. */
  reset(): void {
    const { series } = this.current
    const frame = this.targetFrame
    if (series === null || frame === null) return
    this.fit()
    const voi = firstWindow(series, frame) ?? (this.shownImage && windowFromImage(this.shownImage))
    if (voi) this.setVoi(voi, 'user')
  }

  /** Cuts the stack along planes, or shows its images again. False, and said, where it refuses. */
  setReformat(reformat: Reformat | null, cause: Cause, camera?: PlaneCamera): boolean {
    return this.planes.setReformat(reformat, cause, camera)
  }

  /** Lays a volume of `series` over what is shown; null takes it away. */
  setFusion(fusion: Fusion | null, series: SeriesDescription | null, cause: Cause): void {
    this.planes.setFusion(fusion, series, cause)
  }

  /** Looks at `point_lps` on the current slice, keeping the scale. */
  centreOn(point_lps: Vec3, cause: Cause): void {
    const { camera } = this.current
    const frame = this.targetFrame
    if (camera === null || frame === null) return
    if (this.current.reformat) {
      if (this.current.reformat.kind === 'plane')
        this.setCamera({ ...camera, focal_point_lps: point_lps }, cause)
      return
    }
    this.setCamera(onPlane({ ...camera, focal_point_lps: point_lps }, frame.plane), cause)
  }

  /** The point under a canvas position, on the plane of the picture that is really shown. */
  canvasToPatient(position: Vec2): Vec3 | null {
    const { camera } = this.current
    if (this.current.reformat) {
      return camera && this.planes.grid && canvasToPatient(camera, this.size, position)
    }
    const frame = this.shownFrame
    return camera && frame && canvasToPatient(onPlane(camera, frame.plane), this.size, position)
  }

  patientToCanvas(point_lps: Vec3): Vec2 | null {
    const { camera } = this.current
    return camera && patientToCanvas(camera, this.size, point_lps)
  }

  /** The modality value under a canvas position, nearest pixel; null outside the image. */
  valueAt(column: number, row: number): number | null {
    if (this.current.reformat) return this.planes.valueAt(column, row)
    return pixelValue(this.shownImage, column, row)
  }

  redraw(): void {
    const { camera, voi, series } = this.current
    const image = this.shownImage
    const frame = this.nativeFrame
    this.planes.draw()
    if (this.current.reformat) return
    if (!this.renderer || !image || !camera || !voi || !frame || !series) return
    const monochrome1 = frame.layout.photometric_interpretation === 'MONOCHROME1'
    this.renderer.draw({
      image,
      plane: frame.plane,
      camera: onPlane(camera, frame.plane),
      voi,
      inverted: voi.invert !== monochrome1,
      smooth: true,
    })
  }

  private set(state: ViewState, cause: Cause): void {
    this.current = state
    this.changed.emit(cause)
  }
}
