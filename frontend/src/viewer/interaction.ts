import type { Vec2 } from '@/geometry'

import {
  liveText,
  pointsOnPlane,
  positionsFor,
  surfaceOf,
  type DrawnMeasurement,
  type MeasurementKind,
} from './annotations'
import type { Face } from './box/box'
import { isBrushTool, type StrokeInProgress } from './brush/brush'
import { hitsTurnHandle, turnByHand } from './crosshair'
import type { Preview } from './drawing'
import { hitBox } from './overlay/box'
import { Loupe } from './overlay/loupe'
import { degreesOf } from './solid/orbit'
import { hitTest, shapesOn } from './overlay/measurements'
import { LongPress } from './longPress'
import { isMeasuring, MEASURING_TOOLS } from './tools'
import type { Viewer } from './viewer'
import type { StackView } from './stackView'
import { draggedWindow } from './voi'
import { isWhole } from './volume/reformat'

/** A shorter way of the hand is a click, not a drag. */
const SMALLEST_DRAG_PX = 4
const ZOOM_PER_PX = 1.008
const WHEEL_STEP = 60

type Gesture =
  | { readonly kind: 'window' | 'pan' | 'zoom' | 'scroll' | 'magnify' }
  | { readonly kind: 'draw'; readonly draw: MeasurementKind }
  | { readonly kind: 'handle'; readonly measurement: DrawnMeasurement; readonly handle: number }
  | { readonly kind: 'crosshair' | 'turn' | 'orbit' }
  | { readonly kind: 'paint'; readonly stroke: StrokeInProgress }
  | { readonly kind: 'box'; readonly faces: readonly Face[] }
  | { readonly kind: 'pinch' }
  | { readonly kind: 'point' }

/** Mouse, touch, pen and wheel of one viewport. */
export class Interaction {
  /** A dragged handle; what is being drawn is the viewer's (`drawing.ts`). */
  preview: Preview | null = null
  private gesture: Gesture | null = null
  private start: Vec2 = [0, 0]
  private last: Vec2 = [0, 0]
  /** How far the hand has been from where it began: an outline ends where it began. */
  private reached_px = 0
  private remainder = 0
  private wheelRemainder = 0
  private readonly touches = new Map<number, Vec2>()
  private readonly press: LongPress
  private readonly abort = new AbortController()
  private readonly loupe: Loupe
  private readonly element: HTMLElement
  private readonly viewer: Viewer
  private readonly view: StackView
  private readonly onPreview: () => void

  constructor(element: HTMLElement, viewer: Viewer, view: StackView, onPreview: () => void) {
    this.element = element
    this.viewer = viewer
    this.view = view
    this.onPreview = onPreview
    this.loupe = new Loupe(element)
    this.press = new LongPress(element, (at) => {
      if (this.preview !== null || viewer.drawing.isRunning(view)) return false
      this.gesture = { kind: 'point' }
      this.pointAt(at)
      return true
    })
    const { signal } = this.abort
    element.addEventListener('pointerdown', this.down, { signal })
    element.addEventListener('pointermove', this.move, { signal })
    element.addEventListener('pointerup', this.up, { signal })
    element.addEventListener('pointercancel', this.cancelled, { signal })
    element.addEventListener('pointerleave', this.left, { signal })
    element.addEventListener('wheel', this.wheel, { signal, passive: false })
    element.addEventListener('contextmenu', (event) => event.preventDefault(), { signal })
  }

  /** Where the brush would paint; null where no brush is in this viewport. */
  brushAt: Vec2 | null = null

  private hover(at: Vec2 | null): void {
    const next = isBrushTool(this.viewer.tool) ? at : null
    if (next === null && this.brushAt === null) return
    this.brushAt = next
    this.onPreview()
  }

  private readonly left = (): void => {
    this.loupe.hide()
    this.viewer.pointed.emit(null)
    this.hover(null)
  }

  dispose(): void {
    this.abort.abort()
    this.loupe.dispose()
    this.press.end()
  }

  /** Gives up the running gesture (Escape). What is painted is painted: undo takes it back. */
  cancel(): void {
    if (this.gesture?.kind === 'paint') this.gesture.stroke.end()
    this.gesture = null
    this.viewer.drawing.cancel()
    this.setPreview(null)
  }

  private get isSolid(): boolean {
    return this.view.state.reformat?.kind === 'solid'
  }

  private position(event: MouseEvent): Vec2 {
    const box = this.element.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }

  private readonly down = (event: PointerEvent): void => {
    const at = this.position(event)
    this.viewer.setActive(this.viewer.views.indexOf(this.view), 'program')
    // A capture fails for a pointer that is gone already; the gesture works without.
    try {
      this.element.setPointerCapture(event.pointerId)
    } catch {
      return
    }
    this.start = at
    this.last = at
    this.reached_px = 0
    this.remainder = 0
    if (event.pointerType === 'touch') {
      this.touches.set(event.pointerId, at)
      this.press.down(at)
      if (this.touches.size === 2) {
        this.press.end()
        this.cancel()
        this.gesture = { kind: 'pinch' }
        return
      }
    }
    this.gesture = this.gestureFor(event, at)
  }

  private gestureFor(event: PointerEvent, at: Vec2): Gesture | null {
    if (this.view.state.status !== 'ready') return null
    if (event.button === 1) return { kind: 'pan' }
    if (event.button === 2) return { kind: 'zoom' }
    if (event.button !== 0) return null
    const { tool, drawing } = this.viewer
    const grip = hitBox(this.viewer, this.view, at)
    if (grip !== null) return { kind: 'box', faces: grip.faces }
    if (isBrushTool(tool)) {
      const stroke = this.viewer.brush.begin(this.view, tool, at)
      return stroke && { kind: 'paint', stroke }
    }
    const hit = drawing.isRunning(this.view)
      ? null
      : hitTest(shapesOn(this.view, this.viewer.measurements), at)
    if (hit !== null) {
      this.viewer.select(hit.measurement.id)
      const draggable = hit.handle !== null && hit.measurement.editable && !hit.measurement.pending
      if (draggable && hit.handle !== null) {
        return { kind: 'handle', measurement: hit.measurement, handle: hit.handle }
      }
      return null
    }
    this.viewer.select(null)
    if (this.isSolid && tool !== 'pan' && tool !== 'zoom') return { kind: 'orbit' }
    if (tool === 'crosshair' && this.view.state.reformat?.kind !== 'rotation') {
      if (hitsTurnHandle(this.viewer, this.view, at)) return { kind: 'turn' }
      this.moveCrosshair(at)
      return { kind: 'crosshair' }
    }
    if (tool === 'crosshair') return { kind: 'scroll' }
    if (tool === 'magnify') this.loupe.show(this.view, at)
    if (!isMeasuring(tool)) return { kind: tool }
    const point = surfaceOf(this.view) && this.view.canvasToPatient(at)
    if (point === null) return null
    drawing.put(this.view, tool, point)
    return { kind: 'draw', draw: tool }
  }

  private readonly move = (event: PointerEvent): void => {
    const at = this.position(event)
    const point = this.view.canvasToPatient(at)
    // A finger that scrolls does not point; one that rests does (`longPress.ts`).
    if (event.pointerType !== 'touch' || this.gesture?.kind === 'point') this.pointAt(at)
    this.hover(at)
    this.press.move(at)
    if (this.viewer.tool === 'magnify' && event.pointerType !== 'touch') {
      this.loupe.show(this.view, at)
    } else if (this.gesture?.kind !== 'magnify') this.loupe.hide()
    if (this.gesture === null) {
      if (point !== null) this.viewer.drawing.hover(this.view, point)
      return
    }
    if (this.gesture.kind === 'point') return
    const delta: Vec2 = [at[0] - this.last[0], at[1] - this.last[1]]
    this.reached_px = Math.max(
      this.reached_px,
      Math.hypot(at[0] - this.start[0], at[1] - this.start[1]),
    )
    if (this.gesture.kind === 'pinch') this.pinch(event.pointerId, at)
    else this.drag(this.gesture, at, delta)
    this.last = at
  }

  private pointAt(at: Vec2): void {
    // In a 3D picture a hand is over everything behind it, at no one place.
    if (this.isSolid) return
    const point = this.view.canvasToPatient(at)
    if (point !== null) this.viewer.pointed.emit({ view: this.view, point })
  }

  private drag(gesture: Exclude<Gesture, { kind: 'pinch' | 'point' }>, at: Vec2, delta: Vec2): void {
    switch (gesture.kind) {
      case 'window': {
        const { voi } = this.view.state
        if (voi) this.view.setVoi(draggedWindow(voi, delta[0], delta[1]), 'user')
        return
      }
      case 'pan':
        this.view.pan(delta)
        return
      case 'zoom':
        this.view.zoomAbout(this.start, ZOOM_PER_PX ** -delta[1])
        return
      case 'scroll':
        this.scrollBy(delta[1] / 6)
        return
      case 'crosshair':
        this.moveCrosshair(at)
        return
      case 'orbit':
        this.view.planes.solid.turn(
          degreesOf(delta[0], this.view.size),
          degreesOf(delta[1], this.view.size),
        )
        return
      case 'turn':
        turnByHand(this.viewer, this.view, this.last, at)
        return
      case 'magnify':
        this.loupe.show(this.view, at)
        return
      case 'paint':
        gesture.stroke.moveTo(at)
        return
      case 'box':
        this.dragBox(gesture.faces, at)
        return
      case 'draw':
        this.drawTo(at)
        return
      case 'handle':
        this.dragHandle(gesture, at)
        return
    }
  }

  private moveCrosshair(at: Vec2): void {
    const point = this.view.canvasToPatient(at)
    if (point !== null) this.viewer.planes.moveCrosshair(this.view, point)
  }

  private dragBox(faces: readonly Face[], at: Vec2): void {
    const point = this.view.canvasToPatient(at)
    if (point !== null) this.viewer.box.drag(faces, point)
  }

  private scrollBy(slices: number): void {
    this.remainder += slices
    const whole = Math.trunc(this.remainder)
    if (whole === 0) return
    this.remainder -= whole
    this.view.scroll(whole)
  }

  private drawTo(at: Vec2): void {
    const point = this.view.canvasToPatient(at)
    if (point === null) return
    this.viewer.drawing.follow(this.view, point)
    this.viewer.drawing.hover(this.view, point)
  }

  private dragHandle(gesture: { measurement: DrawnMeasurement; handle: number }, at: Vec2): void {
    const surface = surfaceOf(this.view)
    const point = this.view.canvasToPatient(at)
    if (surface === null || point === null) return
    const { id, kind } = gesture.measurement
    const before = pointsOnPlane(gesture.measurement, surface)
    const moved = MEASURING_TOOLS[kind].moved
    const points = moved ? moved(before, gesture.handle, point, surface.plane) : before
    this.setPreview({ id, kind, points, text: liveText(kind, points, surface) })
  }

  private readonly up = (event: PointerEvent): void => {
    this.touches.delete(event.pointerId)
    this.press.end()
    const { gesture, preview } = this
    this.gesture = null
    if (gesture?.kind === 'paint') gesture.stroke.end()
    this.setPreview(null)
    if (event.pointerType === 'touch') this.loupe.hide()
    const at = this.position(event)
    const isClick = this.reached_px < SMALLEST_DRAG_PX
    if (gesture !== null && event.button === 0 && isClick) {
      if (isWhole(this.view.state.reformat)) {
        void this.viewer.planes.goBehind(this.view, at)
      }
    }
    if (gesture === null || isClick) return
    if (gesture.kind === 'draw') this.endStroke(gesture.draw, at)
    if (gesture.kind === 'handle' && preview !== null) this.commit(preview)
  }

  /** Letting go after a drag sets a point, as pressing did; it closes an outline. */
  private endStroke(kind: MeasurementKind, at: Vec2): void {
    const { drawing } = this.viewer
    const point = this.view.canvasToPatient(at)
    if (point === null || !drawing.isRunning(this.view)) return
    if (MEASURING_TOOLS[kind].clicks === null) drawing.close(this.view)
    else drawing.put(this.view, kind, point)
  }

  private commit({ id, kind, points }: Preview): void {
    const surface = surfaceOf(this.view)
    const tool = MEASURING_TOOLS[kind]
    if (surface === null || id === null || !tool.isComplete(points)) return
    this.viewer.edited.emit({ id, ...positionsFor(surface, tool.finished(points)) })
  }

  private readonly cancelled = (event: PointerEvent): void => {
    this.touches.delete(event.pointerId)
    this.press.end()
    this.cancel()
  }

  private pinch(pointer: number, at: Vec2): void {
    const before = [...this.touches.values()]
    this.touches.set(pointer, at)
    const after = [...this.touches.values()]
    const [a, b] = before
    const [c, d] = after
    if (!a || !b || !c || !d) return
    const spread = (p: Vec2, q: Vec2): number => Math.max(1, Math.hypot(p[0] - q[0], p[1] - q[1]))
    const middle: Vec2 = [(c[0] + d[0]) / 2, (c[1] + d[1]) / 2]
    this.view.zoomAbout(middle, spread(c, d) / spread(a, b))
    this.view.pan([middle[0] - (a[0] + b[0]) / 2, middle[1] - (a[1] + b[1]) / 2])
  }

  private readonly wheel = (event: WheelEvent): void => {
    event.preventDefault()
    this.viewer.setActive(this.viewer.views.indexOf(this.view), 'program')
    if (event.shiftKey && isBrushTool(this.viewer.tool)) {
      // With Shift some systems turn the wheel sideways.
      this.viewer.brush.resize(-Math.sign(event.deltaY || event.deltaX))
      return
    }
    if (event.ctrlKey || this.isSolid) {
      this.view.zoomAbout(this.position(event), ZOOM_PER_PX ** -event.deltaY)
      return
    }
    // A mouse notch is one slice at once; a touchpad's small steps add up.
    const step = event.deltaMode === 0 ? event.deltaY / WHEEL_STEP : event.deltaY
    if (Math.abs(step) >= 1) {
      this.wheelRemainder = 0
      this.view.scroll(Math.sign(step))
      return
    }
    this.wheelRemainder += step
    const whole = Math.trunc(this.wheelRemainder)
    if (whole === 0) return
    this.wheelRemainder -= whole
    this.view.scroll(whole)
  }

  private setPreview(preview: Preview | null): void {
    if (preview === this.preview) return
    this.preview = preview
    this.onPreview()
  }
}
