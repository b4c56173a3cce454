import {
  imageToPatient,
  patientToImage,
  screenAxes,
  dot,
  type ImagePlane,
  type Vec2,
  type Vec3,
} from '@/geometry'

import { draftOf, liveText, surfaceName, surfaceOf, type MeasurementDraft } from './annotations'
import { Signal } from './signal'
import type { StackView } from './stackView'
import { MEASURING_TOOLS, type MeasurementKind, type MeasuringTool } from './tools'
import { MOST_POINTS } from './tools/freehand'

/** Two points nearer than this on the screen are one: a slip of the hand, or the end of an outline. */
const SAME_PX = 4

/** A drawing or a dragged handle that is not on the server yet. */
export interface Preview {
  readonly id: string | null
  readonly kind: MeasurementKind
  readonly points: readonly Vec3[]
  readonly text: string
}

interface Running {
  readonly view: StackView
  readonly surface: string
  readonly tool: MeasuringTool
  readonly set: readonly Vec3[]
  /** Where the next point would be. */
  readonly next: Vec3 | null
}

/** What is being drawn, by mouse, touch or keys: points set one by one until the kind is complete. */
export class Drawing {
  readonly changed = new Signal()
  readonly finished = new Signal<MeasurementDraft>()
  private running: Running | null = null
  private cursorAt: { view: StackView; surface: string; point: Vec3 } | null = null

  isRunning(view: StackView): boolean {
    return this.alive(view) !== null
  }

  preview(view: StackView): Preview | null {
    const running = this.alive(view)
    const surface = surfaceOf(view)
    if (running === null || surface === null) return null
    const { tool } = running
    const points = tool.shape(withNext(running), surface.plane)
    return { id: null, kind: tool.kind, points, text: liveText(tool.kind, points, surface) }
  }

  /** The point that the arrow keys move. */
  cursor(view: StackView): Vec3 | null {
    const surface = surfaceOf(view)
    const at = this.cursorAt
    if (at === null || surface === null || at.view !== view) return null
    return at.surface === surfaceName(surface) ? at.point : null
  }

  /** Sets a point; the first begins a drawing, the last ends it. */
  put(view: StackView, kind: MeasurementKind, point: Vec3): void {
    const surface = surfaceOf(view)
    if (surface === null) return
    const running = this.alive(view) ?? {
      view,
      surface: surfaceName(surface),
      tool: MEASURING_TOOLS[kind],
      set: [],
      next: null,
    }
    const last = running.set.at(-1)
    if (last !== undefined && near(view, last, point)) {
      if (running.tool.clicks === null) this.close(view)
      else if (running.set.length === 1) this.cancel()
      return
    }
    const set = [...running.set, point]
    this.running = { ...running, set, next: null }
    if (set.length === running.tool.clicks) this.close(view)
    else this.changed.emit()
  }

  /** The next point would lie here. */
  hover(view: StackView, point: Vec3): void {
    const running = this.alive(view)
    if (running === null) return
    this.running = { ...running, next: point }
    this.changed.emit()
  }

  /** A line drawn without letting go, for kinds that take as many points as there are. */
  follow(view: StackView, point: Vec3): void {
    const running = this.alive(view)
    const last = running?.set.at(-1)
    if (!running || !last || running.tool.clicks !== null || near(view, last, point)) return
    this.running = { ...running, set: [...running.set, point], next: null }
    this.changed.emit()
  }

  /** Ends the drawing: what is complete is told, what is not is gone. */
  close(view: StackView): void {
    const running = this.alive(view)
    const surface = surfaceOf(view)
    this.running = null
    this.cursorAt = null
    this.changed.emit()
    if (running === null || surface === null) return
    const { tool } = running
    const points = tool.shape(thinned(running.set), surface.plane)
    if (!tool.isComplete(points)) return
    const id = crypto.randomUUID()
    this.finished.emit(draftOf(id, tool.kind, surface, tool.finished(points)))
  }

  /** False when there was nothing to give up. */
  cancel(): boolean {
    const had = this.running !== null || this.cursorAt !== null
    this.running = null
    this.cursorAt = null
    if (had) this.changed.emit()
    return had
  }

  /**
   * Drawing by keys: Enter shows the point, arrows move it pixel by pixel (Shift: ten), Enter sets
   * it, Escape gives up. False where the key has another meaning.
   */
  key(name: string, view: StackView, kind: MeasurementKind): boolean {
    if (name === 'escape') return this.cancel()
    const surface = surfaceOf(view)
    if (surface === null || view.state.status !== 'ready') return false
    const point = this.cursor(view)
    if (name === 'enter') {
      if (point === null) this.showCursor(view, surface.plane)
      else this.put(view, kind, point)
      return true
    }
    const step = ARROWS[name]
    if (point === null || step === undefined) return false
    this.moveCursor(view, surface.plane, point, step)
    return true
  }

  private showCursor(view: StackView, plane: ImagePlane): void {
    const { width, height } = view.size
    const centre = view.canvasToPatient([width / 2, height / 2])
    if (centre === null) return
    const [column, row] = patientToImage(plane, centre)
    this.place(view, plane, [Math.round(column), Math.round(row)])
  }

  /** One pixel along the row or column that runs most nearly where the arrow points. */
  private moveCursor(view: StackView, plane: ImagePlane, from: Vec3, [x, y]: Vec2): void {
    const { camera } = view.state
    if (camera === null) return
    const { right, up } = screenAxes(camera)
    const towards = (axis: Vec3): number => x * dot(axis, right) - y * dot(axis, up)
    const [across, down] = [towards(plane.column_step), towards(plane.row_step)]
    const [column, row] = patientToImage(plane, from)
    const pixels = Math.abs(x) + Math.abs(y)
    const moved: Vec2 =
      Math.abs(across) >= Math.abs(down)
        ? [column + Math.sign(across) * pixels, row]
        : [column, row + Math.sign(down) * pixels]
    this.place(view, plane, moved)
  }

  private place(view: StackView, plane: ImagePlane, [column, row]: Vec2): void {
    const surface = surfaceOf(view)
    if (surface === null) return
    const bounded: Vec2 = [
      Math.min(plane.columns - 1, Math.max(0, column)),
      Math.min(plane.rows - 1, Math.max(0, row)),
    ]
    const point = imageToPatient(plane, bounded)
    this.cursorAt = { view, surface: surfaceName(surface), point }
    this.hover(view, point)
    this.changed.emit()
  }

  /** A drawing ends with its picture: points of two images are never joined. */
  private alive(view: StackView): Running | null {
    const { running } = this
    if (running === null || running.view !== view) return null
    const surface = surfaceOf(view)
    if (surface !== null && surfaceName(surface) === running.surface) return running
    this.running = null
    return null
  }
}

/** Screen-right and screen-down, in pixels of the image. */
const ARROWS: Readonly<Record<string, Vec2>> = {
  arrowright: [1, 0],
  arrowleft: [-1, 0],
  arrowdown: [0, 1],
  arrowup: [0, -1],
  'shift+arrowright': [10, 0],
  'shift+arrowleft': [-10, 0],
  'shift+arrowdown': [0, 10],
  'shift+arrowup': [0, -10],
}

const withNext = ({ set, next }: Running): readonly Vec3[] => (next === null ? set : [...set, next])

function near(view: StackView, a: Vec3, b: Vec3): boolean {
  const [p, q] = [view.patientToCanvas(a), view.patientToCanvas(b)]
  return p !== null && q !== null && Math.hypot(p[0] - q[0], p[1] - q[1]) < SAME_PX
}

/** No more points than the server takes, evenly left out. */
function thinned(points: readonly Vec3[]): readonly Vec3[] {
  if (points.length <= MOST_POINTS) return points
  const every = points.length / MOST_POINTS
  return Array.from({ length: MOST_POINTS }, (_, n) => points[Math.floor(n * every)]).filter(
    (point) => point !== undefined,
  )
}
