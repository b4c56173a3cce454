import type { Vec2, Vec3 } from '@/geometry'

import { cachedImage, loadFrame } from '../loader'
import type { SeriesDescription } from '../frames'
import type { ShownMask } from '../overlay/maskPainter'
import { Signal } from '../signal'
import type { StackView } from '../stackView'
import { joined, type GridBox, type Labelmap } from './labelmap'

export type BrushTool = 'brush' | 'eraser' | 'threshold'

export const BRUSH_TOOLS: readonly BrushTool[] = ['brush', 'eraser', 'threshold']
export const isBrushTool = (tool: string): tool is BrushTool =>
  (BRUSH_TOOLS as readonly string[]).includes(tool)

export const SMALLEST_RADIUS_MM = 0.5
export const LARGEST_RADIUS_MM = 60
const RADIUS_STEP = 1.15

/** The segment that is painted on, and its voxels as they are here. */
export interface BrushTarget {
  readonly segmentation: string
  readonly segment: number
  readonly labelmap: Labelmap
  readonly series_instance_uid: string
  readonly colour: string
}

export interface BrushSettings {
  readonly radius_mm: number
  /** Through the neighbouring slices, too. */
  readonly sphere: boolean
  /** Values that the threshold brush paints, in the picture's own unit; both ends count. */
  readonly range: { readonly lower: number; readonly upper: number }
}

/** A stroke that is over: where voxels of which segment changed. */
export interface Stroke {
  readonly target: BrushTarget
  readonly box: GridBox
}

/** Why nothing was painted, by catalogue key `brush:refused.<reason>`. */
export type BrushRefusal = 'no_target' | 'other_series' | 'locked' | 'no_values' | 'no_image'

/** The brush of one viewer: what it paints on, how, and what it painted. */
export class Brush {
  readonly changed = new Signal()
  /** While painting, after every change of voxels on a frame. */
  readonly painted = new Signal<{ target: BrushTarget; frame: number }>()
  readonly stroked = new Signal<Stroke>()
  readonly refused = new Signal<BrushRefusal>()
  private currentTarget: BrushTarget | null = null
  private drawn: readonly ShownMask[] = []
  private isLocked = false
  private current: BrushSettings = {
    radius_mm: 5,
    sphere: false,
    range: { lower: -50, upper: 200 },
  }
  private readonly underWay = new Set<Promise<void>>()

  get target(): BrushTarget | null {
    return this.currentTarget
  }

  /** Segments that people draw, as they are laid over the pictures. */
  get masks(): readonly ShownMask[] {
    return this.drawn
  }

  show(masks: readonly ShownMask[]): void {
    this.drawn = masks
    this.changed.emit()
  }

  clear(): void {
    this.drawn = []
    this.setTarget(null)
  }

  get settings(): BrushSettings {
    return this.current
  }

  get locked(): boolean {
    return this.isLocked
  }

  setTarget(target: BrushTarget | null): void {
    this.currentTarget = target
    this.changed.emit()
  }

  /** Somebody else paints on it now, or the lease is still asked for. */
  setLocked(locked: boolean): void {
    if (locked === this.isLocked) return
    this.isLocked = locked
    this.changed.emit()
  }

  set(settings: Partial<BrushSettings>): void {
    const radius = settings.radius_mm ?? this.current.radius_mm
    const radius_mm = Math.max(SMALLEST_RADIUS_MM, Math.min(LARGEST_RADIUS_MM, radius))
    this.current = { ...this.current, ...settings, radius_mm }
    this.changed.emit()
  }

  resize(steps: number): void {
    const wanted = this.current.radius_mm * RADIUS_STEP ** steps
    this.set({ radius_mm: Math.round(wanted * 10) / 10 })
  }

  /** A stroke that begins here, or null where nothing can be painted; the reason is told. */
  begin(view: StackView, tool: BrushTool, at: Vec2): StrokeInProgress | null {
    const target = this.currentTarget
    const refuse = (reason: BrushRefusal): null => {
      this.refused.emit(reason)
      return null
    }
    if (target === null) return refuse('no_target')
    if (this.isLocked) return refuse('locked')
    const { series } = view.state
    const frame = view.shownFrame
    const point = view.canvasToPatient(at)
    if (series === null || point === null) return null
    if (frame === null) return refuse('no_image')
    const isHere = series.series_instance_uid === target.series_instance_uid
    if (!isHere || target.labelmap.frameOn(frame) === null) return refuse('other_series')
    if (tool === 'threshold' && frame.layout.samples_per_pixel > 1) return refuse('no_values')
    const stroke = new StrokeInProgress(this, target, series, view, tool, point)
    stroke.sweep(point, point)
    return stroke
  }

  /** Slices that are still being read belong to the stroke: it is told when it is whole. */
  finish(target: BrushTarget, box: GridBox | null, later: Promise<GridBox | null>[]): void {
    const whole = Promise.all(later).then((boxes) => {
      const all = boxes.reduce(joined, box)
      if (all !== null) this.stroked.emit({ target, box: all })
    })
    this.underWay.add(whole)
    void whole.finally(() => this.underWay.delete(whole))
  }
}

/** Between pressing and letting go. */
export class StrokeInProgress {
  private box: GridBox | null = null
  private readonly way: (readonly [Vec3, Vec3])[] = []
  private readonly missing = new Set<number>()

  constructor(
    private readonly brush: Brush,
    private readonly target: BrushTarget,
    private readonly series: SeriesDescription,
    private readonly view: StackView,
    private readonly tool: BrushTool,
    private last: Vec3,
  ) {}

  moveTo(at: Vec2): void {
    const point = this.view.canvasToPatient(at)
    if (point === null) return
    this.sweep(this.last, point)
    this.last = point
  }

  sweep(from: Vec3, to: Vec3): void {
    this.way.push([from, to])
    for (const index of this.slicesWithin(from)) this.sweepOn(index, from, to)
  }

  end(): void {
    const later = [...this.missing].map(async (index) => {
      const { image_id } = this.series.frames[index] ?? {}
      if (image_id === undefined) return null
      try {
        await loadFrame(image_id)
      } catch {
        return null // not read, so not painted: the picture says that it is missing
      }
      return this.way.reduce<GridBox | null>(
        (box, [from, to]) => joined(box, this.paint(index, from, to)),
        null,
      )
    })
    this.brush.finish(this.target, this.box, later)
  }

  private sweepOn(index: number, from: Vec3, to: Vec3): void {
    const frame = this.series.frames[index]
    if (frame === undefined) return
    if (this.tool === 'threshold' && cachedImage(frame.image_id) === null) {
      this.missing.add(index)
      return
    }
    this.box = joined(this.box, this.paint(index, from, to))
  }

  private paint(index: number, from: Vec3, to: Vec3): GridBox | null {
    const frame = this.series.frames[index]
    const on = frame === undefined ? null : this.target.labelmap.frameOn(frame)
    if (frame === undefined || on === null) return null
    const { labelmap, segment } = this.target
    const { radius_mm, range } = this.brush.settings
    const box = labelmap.sweep(segment, on, {
      plane: frame.plane,
      from,
      to,
      radius_mm,
      value: this.tool === 'eraser' ? 0 : 1,
      allowed: this.tool === 'threshold' ? within(frame.image_id, range) : null,
    })
    if (box !== null) this.brush.painted.emit({ target: this.target, frame: on })
    return box
  }

  /** The shown slice, and with a sphere those of its stack that it reaches. */
  private slicesWithin(point: Vec3): number[] {
    const { shown_index } = this.view.state
    const shown = shown_index === null ? undefined : this.series.frames[shown_index]
    if (shown_index === null || shown === undefined) return []
    const { sphere, radius_mm } = this.brush.settings
    if (!sphere || shown.plane_lps === null) return [shown_index]
    const { normal } = shown.plane_lps
    return this.series.frames.flatMap(({ plane_lps }, index) => {
      if (index === shown_index) return [index]
      if (plane_lps === null) return []
      const off = [0, 1, 2].reduce(
        (sum, axis) =>
          sum + ((point[axis] ?? 0) - (plane_lps.origin_lps[axis] ?? 0)) * (normal[axis] ?? 0),
        0,
      )
      return Math.abs(off) <= radius_mm ? [index] : []
    })
  }
}

function within(
  image_id: string,
  { lower, upper }: BrushSettings['range'],
): (index: number) => boolean {
  const values = cachedImage(image_id)?.getPixelData() as ArrayLike<number> | undefined
  return (index) => {
    const value = values?.[index]
    return value !== undefined && value >= lower && value <= upper
  }
}
