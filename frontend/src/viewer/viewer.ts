import {
  findRegistration,
  nearestPlaneIndex,
  transformPoint,
  type RegistrationLink,
  type RegistrationSource,
  type Vec2,
  type Vec3,
} from '@/geometry'

import type { Tool } from './handTool'
import type { DrawnMeasurement, MeasurementDraft } from './annotations'
import { BoxEditor } from './box/boxEditor'
import { Brush } from './brush/brush'
import { Cine } from './cine'
import { Comparison } from './comparison'
import { DocumentPlaces } from './documents'
import { Drawing } from './drawing'
import { toPixelError } from './errors'
import { GraphicStore } from './graphics'
import { Linker } from './linking'
import { MaskStore } from './masks'
import type { ShownMask } from './overlay/maskPainter'
import { PeopleOnPictures, type LocalPointer } from './people'
import { Prefetcher } from './prefetch'
import { openingIndex, type JumpTarget, type Place, type StackNumber } from './places'
import { RtOverlays } from './rt/overlays'
import { SeriesLibrary } from './seriesLibrary'
import { Signal } from './signal'
import { StackView, type Cause } from './stackView'
import { ViewerPlanes } from './volume/viewerPlanes'

export type { LocalPointer } from './people'

export type { JumpTarget, Place, StackNumber } from './places'

export type { Tool } from './handTool'

export interface GridLayout {
  readonly rows: number
  readonly columns: number
}

export const MAX_ROWS = 3
export const MAX_COLUMNS = 4

/** A measurement of this person after one of its handles was dragged. */
export interface MeasurementEdit {
  readonly id: string
  readonly points_lps: Vec3[] | null
  readonly points_image: Vec2[] | null
}

/**
 * The image area: a grid of viewports and what is laid over them. No React, no HTTP of its own.
 *
 * State flows in by the `set…` methods and is drawn; what a person does flows out by the signals.
 */
export class Viewer {
  /** May outlive this viewer: a case that was warmed, or seen, opens without asking again. */
  readonly library: SeriesLibrary
  readonly masks = new MaskStore()
  /** Structures and dose of radiotherapy. */
  readonly rt = new RtOverlays()
  readonly brush = new Brush()
  readonly box = new BoxEditor()
  readonly prefetcher = new Prefetcher()
  readonly drawing = new Drawing()
  /** What reports and presentation states draw. */
  readonly graphics = new GraphicStore()
  readonly documents = new DocumentPlaces()
  /** The others of a live session. */
  readonly people = new PeopleOnPictures()
  /** Layout, active viewport, tool, or any view; with whom to blame. */
  readonly changed = new Signal<Cause>()
  readonly overlaysChanged = new Signal()
  readonly drafted = new Signal<MeasurementDraft>()
  readonly edited = new Signal<MeasurementEdit>()
  readonly pointed = new Signal<LocalPointer | null>()
  readonly comparison = new Comparison(this)
  readonly linker = new Linker(this)
  readonly cine = new Cine(() => this.changed.emit('program'))
  readonly views: readonly StackView[]
  readonly planes = new ViewerPlanes(this)
  private grid: GridLayout = { rows: 1, columns: 1 }
  private activeIndex = 0
  private maximisedIndex: number | null = null
  private currentTool: Tool = 'window'
  private drawnMeasurements: readonly DrawnMeasurement[] = []
  private shownMasks: readonly ShownMask[] = []
  private selectedId: string | null = null
  private registrationLinks: readonly RegistrationLink[] = []
  private readonly turns = new Map<number, number>()
  private readonly requested = new Map<
    number,
    { series_instance_uid: string; place?: Place | StackNumber }
  >()

  constructor(library: SeriesLibrary = new SeriesLibrary()) {
    this.library = library
    this.views = Array.from(
      { length: MAX_ROWS * MAX_COLUMNS },
      () => new StackView(() => this.registrationLinks),
    )
    this.drawing.changed.on(() => this.overlaysChanged.emit())
    this.box.changed.on(() => this.overlaysChanged.emit())
    this.drawing.finished.on((draft) => {
      this.drafted.emit(draft)
      this.select(draft.id)
    })
    this.people.changed.on(() => this.overlaysChanged.emit())
    // What is registered by what is told beside the picture, not drawn on it.
    this.people.spacesChanged.on(() => this.changed.emit('program'))
    this.pointed.on((hand) => this.people.setHand(hand))
    this.rt.changed.on(() => {
      this.overlaysChanged.emit()
      // What is not drawn, and what brings a dose here, is told beside the picture.
      this.changed.emit('program')
    })
    this.documents.changed.on((cause) => this.changed.emit(cause))
    this.graphics.changed.on(() => {
      this.overlaysChanged.emit()
      this.changed.emit('program')
    })
    for (const view of this.views) {
      view.changed.on((cause) => {
        const { series, index, status } = view.state
        this.cine.observe(view)
        // The picture that is looked at comes before those that may be looked at next.
        const isStill = status === 'ready' && !this.cine.isPlaying(view) && !this.cine.isFollowed(view)
        if (series !== null && isStill) this.prefetcher.wish(view, series, index)
        this.linker.observe(view, cause)
        this.changed.emit(cause)
      })
    }
  }

  get layout(): GridLayout {
    return this.grid
  }

  get active(): number {
    return this.activeIndex
  }

  get maximised(): number | null {
    return this.maximisedIndex
  }

  get tool(): Tool {
    return this.currentTool
  }

  get measurements(): readonly DrawnMeasurement[] {
    return this.drawnMeasurements
  }

  get visibleMasks(): readonly ShownMask[] {
    return [...this.shownMasks, ...this.brush.masks]
  }

  get selected(): string | null {
    return this.selectedId
  }

  get registrations(): readonly RegistrationLink[] {
    return this.registrationLinks
  }

  get visibleViews(): readonly StackView[] {
    return this.views.slice(0, this.grid.rows * this.grid.columns)
  }

  get activeView(): StackView | null {
    return this.views[this.activeIndex] ?? null
  }

  setLayout(layout: GridLayout, cause: Cause): void {
    const rows = Math.min(MAX_ROWS, Math.max(1, layout.rows))
    const columns = Math.min(MAX_COLUMNS, Math.max(1, layout.columns))
    if (rows === this.grid.rows && columns === this.grid.columns) return
    this.grid = { rows, columns }
    this.maximisedIndex = null
    this.linker.forgetGroups()
    if (this.activeIndex >= rows * columns) this.activeIndex = 0
    this.documents.closeFrom(rows * columns)
    for (const view of this.views.slice(rows * columns)) {
      this.prefetcher.stop(view)
      view.clear('empty', cause)
    }
    this.changed.emit(cause)
  }

  setActive(index: number, cause: Cause): void {
    if (index === this.activeIndex || index >= this.visibleViews.length) return
    this.activeIndex = index
    if (this.maximisedIndex !== null) this.maximisedIndex = index
    this.changed.emit(cause)
  }

  /** To the viewport above, below or beside; at the edge it stays. */
  moveActive(down: number, right: number): void {
    const { rows, columns } = this.grid
    const [row, column] = [Math.floor(this.activeIndex / columns) + down, (this.activeIndex % columns) + right]
    if (row < 0 || column < 0 || row >= rows || column >= columns) return
    this.setActive(row * columns + column, 'program')
  }

  /** Only this screen: the stage of a live session keeps its grid. */
  toggleMaximised(index: number): void {
    this.maximisedIndex = this.maximisedIndex === null ? index : null
    this.changed.emit('program')
  }

  setTool(tool: Tool): void {
    this.drawing.cancel()
    this.currentTool = tool
    this.changed.emit('program')
  }

  setMeasurements(measurements: readonly DrawnMeasurement[]): void {
    this.drawnMeasurements = measurements
    this.overlaysChanged.emit()
  }

  setMasks(masks: readonly ShownMask[]): void {
    this.shownMasks = masks
    this.overlaysChanged.emit()
  }

  /** What links the frames of reference of the case; rigid ones only. */
  setRegistrations(links: readonly RegistrationLink[]): void {
    this.registrationLinks = links
    for (const view of this.views) view.planes.registrationsChanged()
    this.overlaysChanged.emit()
    this.changed.emit('program')
  }

  /** The registration by which positions of elsewhere appear in this view; null where none do. */
  registeredBy(view: StackView): RegistrationSource | null {
    if (view.state.planes.registered !== null) return view.state.planes.registered
    const own = view.state.series?.frame_of_reference_uid ?? null
    const others = [
      ...this.visibleViews.map((one) => one.state.series?.frame_of_reference_uid ?? null),
      ...this.people.pointers.map((pointer) => pointer.frame_of_reference_uid),
      this.rt.dose?.frame_of_reference_uid ?? null,
    ]
    for (const other of others) {
      const found = findRegistration(this.registrationLinks, other, own)
      if (found !== null) return found.by
    }
    return null
  }

  select(id: string | null): void {
    if (id === this.selectedId) return
    this.selectedId = id
    this.overlaysChanged.emit()
    this.changed.emit('program')
  }

  /** Shows a series in a viewport; resolves false when something newer came in between. */
  async show(
    index: number,
    series_instance_uid: string,
    cause: Cause,
    place?: Place | StackNumber,
  ): Promise<boolean> {
    const view = this.views[index]
    if (view === undefined) return false
    this.requested.set(index, { series_instance_uid, place })
    this.documents.close(index, cause)
    const turn = (this.turns.get(index) ?? 0) + 1
    this.turns.set(index, turn)
    if (view.state.series?.series_instance_uid !== series_instance_uid) view.waitFor()
    // Said before the series has been read, so that whoever navigates is known at once.
    this.changed.emit(cause)
    try {
      const series = await this.library.open(series_instance_uid)
      if (this.turns.get(index) !== turn) return false
      const wanted = openingIndex(series, place)
      if (wanted < 0) {
        view.clear('not_comparable')
        return false
      }
      const others = this.visibleViews.filter((other) => other !== view)
      if (!this.comparison.mayStand(series.study_instance_uid, others)) {
        view.clear('other_identity')
        return false
      }
      const isNew = view.state.series !== series
      view.showSeries(series, wanted, cause)
      if (isNew && place === undefined) this.linker.welcome(view)
      else if (cause === 'user' && index === this.activeIndex) this.linker.bringOthers()
      return true
    } catch (error) {
      if (this.turns.get(index) === turn) view.fail(toPixelError(error))
      return false
    }
  }

  /** Asks again for what a viewport could not open. */
  retry(index: number): void {
    const wish = this.requested.get(index)
    if (wish) void this.show(index, wish.series_instance_uid, 'program', wish.place)
  }

  /** Invalidates whatever is still on its way into a viewport. */
  supersede(index: number): void {
    this.turns.set(index, (this.turns.get(index) ?? 0) + 1)
  }

  /**
   * Brings an image to the screen: in a viewport that shows its series, else in the active one,
   * centred on `point_lps` when it is given.
   */
  async jumpTo(
    target: JumpTarget,
    point_lps: Vec3 | null,
  ): Promise<void> {
    const showing = this.visibleViews.findIndex(
      (view) => view.state.series?.series_instance_uid === target.series_instance_uid,
    )
    const index = showing >= 0 ? showing : this.activeIndex
    this.setActive(index, 'user')
    const { series_instance_uid, sop_instance_uid, frame } = target
    const place = sop_instance_uid === null ? undefined : { sop_instance_uid, frame }
    const arrived = await this.show(index, series_instance_uid, 'user', place)
    // Between the slices: the slice nearest to it.
    const space = this.views[index]?.state.series?.frame_of_reference_uid
    if (arrived && sop_instance_uid === null && point_lps !== null && space) {
      this.goToPoint(point_lps, space)
      return
    }
    if (arrived && point_lps !== null) this.views[index]?.centreOn(point_lps, 'user')
  }

  /**
   * Takes all visible views to the slice nearest to a point: those of its frame of reference, and
   * those that a registration links with it.
   */
  goToPoint(point: Vec3, frame_of_reference_uid: string): void {
    for (const view of this.visibleViews) {
      const { series } = view.state
      const { stack } = view
      if (series === null || stack === null) continue
      const here = series.frame_of_reference_uid
      const found = findRegistration(this.registrationLinks, frame_of_reference_uid, here)
      if (here !== frame_of_reference_uid && found === null) continue
      const point_lps = found === null ? point : transformPoint(found.matrix, point)
      if (view.state.reformat !== null) {
        view.centreOn(point_lps, 'user')
        continue
      }
      const frames = series.frames.slice(stack.start, stack.start + stack.count)
      const nearest = nearestPlaneIndex(
        frames.map((frame) => frame.plane_lps),
        point_lps,
      )
      if (nearest === null) continue
      view.setIndex(stack.start + nearest, 'user')
      view.centreOn(point_lps, 'user')
    }
  }

  clearAll(): void {
    this.planes.clear()
    this.cine.stopAll()
    this.comparison.forget()
    this.views.forEach((view, index) => {
      this.supersede(index)
      this.prefetcher.stop(view)
      view.clear()
    })
    this.setMeasurements([])
    this.people.clear()
    this.setMasks([])
    this.rt.clear()
    this.graphics.setShown(new Set())
    this.documents.closeFrom(0)
    this.brush.clear()
    this.select(null)
  }
}
