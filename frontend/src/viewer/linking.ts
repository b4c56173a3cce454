import {
  dot,
  findRegistration,
  onPlane,
  screenAxes,
  subtract,
  transformPoint,
  type ImagePlane,
  type RegistrationLink,
  type Vec3,
} from '@/geometry'

import type { SeriesDescription } from './frames'
import { looksAcross, Scrolling, type LinkReport, type Relation } from './linkedScroll'
import type { Signal } from './signal'
import type { Cause, StackView, ViewState } from './stackView'

export type LinkKind = 'scroll' | 'window' | 'zoom'
export const LINK_KINDS: readonly LinkKind[] = ['scroll', 'window', 'zoom']

/** The screen whose views are linked. */
export interface LinkedScreen {
  readonly visibleViews: readonly StackView[]
  readonly activeView: StackView | null
  readonly registrations: readonly RegistrationLink[]
  readonly changed: Signal<Cause>
  readonly overlaysChanged: Signal
}

/** Moves the linked views after a view that somebody moves. All its moves are the program's. */
export class Linker {
  private readonly viewer: LinkedScreen
  private readonly kinds = new Set<LinkKind>()
  private groups: readonly (string | null)[] | null = null
  private lines = false
  private moving = false
  /** Of each group, whose place and scale the others open with, until somebody moves. */
  private leaders: readonly StackView[] = []
  private readonly seen = new Map<StackView, ViewState>()
  private readonly scrolling: Scrolling

  constructor(viewer: LinkedScreen) {
    this.viewer = viewer
    this.scrolling = new Scrolling((from, to) => this.relationOf(from, to))
  }

  has(kind: LinkKind): boolean {
    return this.kinds.has(kind)
  }

  get showsLines(): boolean {
    return this.lines
  }

  setLines(on: boolean): void {
    this.lines = on
    this.viewer.changed.emit('program')
    this.viewer.overlaysChanged.emit()
  }

  /**
   * `groups` names the group of each viewport; null: all together. While series are still coming,
   * `leaders` says who leads each group, so that nothing depends on which of them comes first.
   */
  setLinks(
    kinds: readonly LinkKind[],
    groups: readonly (string | null)[] | null,
    leaders: readonly StackView[] = [],
  ): void {
    this.kinds.clear()
    for (const kind of kinds) this.kinds.add(kind)
    this.groups = groups
    this.leaders = leaders
    this.scrolling.forget()
    if (leaders.length === 0) this.bringOthers()
    else for (const leader of leaders) this.bringTo(leader)
    this.viewer.changed.emit('program')
  }

  /** All have come that will: where a leader did not, the first of its group leads. */
  endOpening(leaders: readonly StackView[]): void {
    if (this.leaders !== leaders) return
    this.leaders = []
    for (const leader of leaders) {
      const [first] = this.partnersOf(leader)
      if (!isStack(leader) && first !== undefined) this.bringTo(first)
    }
  }

  toggle(kind: LinkKind): void {
    const kinds = LINK_KINDS.filter((one) => (one === kind) !== this.kinds.has(one))
    this.setLinks(kinds, this.groups)
  }

  /** Another grid has other viewports. */
  forgetGroups(): void {
    this.groups = null
    this.scrolling.forget()
  }

  /** To be told of every change of a view. */
  observe(view: StackView, cause: Cause): void {
    const before = this.seen.get(view)
    const now = view.state
    this.seen.set(view, now)
    if (this.moving || cause !== 'user') return
    this.leaders = []
    if (this.kinds.size === 0) return
    if (before === undefined || !isStack(view) || before.series !== now.series) return
    this.quietly(() => {
      for (const other of this.partnersOf(view)) this.follow(view, before, other)
    })
  }

  /** A series that has just come to a view goes to where the linked ones are. */
  welcome(view: StackView): void {
    this.scrolling.forget()
    const leader = this.leaderOf(view)
    if (leader === view) return this.bringTo(view)
    // It brings this one along when it comes.
    if (leader !== null && !isStack(leader)) return
    if (leader !== null) return this.quietly(() => this.align(leader, view))
    const partners = this.partnersOf(view)
    const active = this.viewer.activeView
    const guide = active && partners.includes(active) ? active : partners[0]
    if (guide !== undefined) this.quietly(() => this.align(guide, view))
  }

  /** All linked views go to where the active one is. */
  bringOthers(): void {
    const guide = this.viewer.activeView
    if (guide !== null) this.bringTo(guide)
  }

  private leaderOf(view: StackView): StackView | null {
    const { visibleViews } = this.viewer
    const group = this.groupOf(visibleViews.indexOf(view))
    const isOfGroup = (one: StackView): boolean => this.groupOf(visibleViews.indexOf(one)) === group
    return group === null ? null : (this.leaders.find(isOfGroup) ?? null)
  }

  private bringTo(guide: StackView): void {
    if (!isStack(guide)) return
    this.quietly(() => {
      for (const other of this.partnersOf(guide)) this.align(guide, other)
    })
  }

  relationOf(from: StackView, to: StackView): Relation {
    const [a, b] = [spaceOf(from), spaceOf(to)]
    if (a !== null && a === b) return { kind: 'same' }
    const found = findRegistration(this.viewer.registrations, a, b)
    return found === null ? { kind: 'offset' } : { kind: 'registered', ...found }
  }

  /** How this view follows the active one; null where nothing scrolls with it. */
  reportOf(view: StackView): LinkReport | null {
    if (!this.kinds.has('scroll') || !isStack(view)) return null
    const active = this.viewer.activeView
    const partners = this.partnersOf(view)
    const guides = active !== view && active !== null && partners.includes(active) ? [active] : partners
    const reports = guides.flatMap((guide) => this.scrolling.reportOf(guide, view) ?? [])
    const worst = reports.find(({ kind }) => kind === 'offset') ?? reports[0]
    return worst ? { ...worst, beyond: active !== view && worst.beyond } : null
  }

  private partnersOf(view: StackView): StackView[] {
    const { visibleViews } = this.viewer
    const group = this.groupOf(visibleViews.indexOf(view))
    if (group === null) return []
    return visibleViews.filter(
      (other, index) =>
        other !== view && isStack(other) && this.groupOf(index) === group,
    )
  }

  private groupOf(index: number): string | null {
    return this.groups === null ? 'all' : (this.groups[index] ?? null)
  }

  private follow(view: StackView, before: ViewState, other: StackView): void {
    const now = view.state
    if (this.kinds.has('scroll') && before.index !== now.index) {
      this.scrolling.follow(view, before.index, other)
    }
    if (this.kinds.has('window') && before.voi !== now.voi && sameValues(now.series, other)) {
      if (now.voi !== null) other.setVoi(now.voi, 'program')
    }
    if (this.kinds.has('zoom') && before.index === now.index && before.camera !== now.camera) {
      this.zoom(view, before, other)
    }
  }

  /** Millimetres are millimetres: the same scale and, in a common space, the same centre. */
  private zoom(view: StackView, before: ViewState, other: StackView): void {
    const [was, is, there] = [before.camera, view.state.camera, other.state.camera]
    const plane = other.targetFrame?.plane
    if (!was || !is || !there || !plane) return
    const bothInMm = spaceOf(view) !== null && spaceOf(other) !== null
    const fit_mm = bothInMm ? is.fit_mm : (there.fit_mm * is.fit_mm) / was.fit_mm
    const centre = this.centreIn(view, other)
    if (centre !== null) {
      other.setCamera(onPlane({ ...there, fit_mm, focal_point_lps: centre }, plane), 'program')
      return
    }
    const [from, to] = [screenAxes(is), screenAxes(there)]
    const moved = subtract(is.focal_point_lps, was.focal_point_lps)
    const scale = bothInMm ? 1 : there.fit_mm / was.fit_mm
    const [x, y] = [dot(moved, from.right) * scale, dot(moved, from.up) * scale]
    const focal_point_lps = there.focal_point_lps.map(
      (value, axis) => value + x * (to.right[axis] ?? 0) + y * (to.up[axis] ?? 0),
    ) as unknown as Vec3
    other.setCamera(onPlane({ ...there, fit_mm, focal_point_lps }, plane), 'program')
  }

  private centreIn(view: StackView, other: StackView): Vec3 | null {
    const relation = this.relationOf(view, other)
    const centre = view.state.camera?.focal_point_lps
    if (centre === undefined || relation.kind === 'offset') return null
    return relation.kind === 'same' ? centre : transformPoint(relation.matrix, centre)
  }

  private align(guide: StackView, view: StackView): void {
    if (this.kinds.has('scroll')) this.scrolling.align(guide, view)
    const { camera } = view.state
    const plane = view.targetFrame?.plane
    const fit_mm = guide.state.camera?.fit_mm
    const bothInMm = spaceOf(guide) !== null && spaceOf(view) !== null
    if (!this.kinds.has('zoom') || !camera || !plane || !bothInMm || !fit_mm) return
    // Without a common centre the scale is common all the same: millimetres are millimetres. What
    // is seen from another side keeps its own, or one breast would push the other off the screen.
    const centre = looksAcross(guide, view) ? null : this.centreIn(guide, view)
    const focal_point_lps = centre ?? camera.focal_point_lps
    view.setCamera(onPlane({ ...camera, fit_mm, focal_point_lps }, plane), 'program')
  }

  private quietly(move: () => void): void {
    if (this.moving) return
    this.moving = true
    try {
      move()
    } finally {
      this.moving = false
    }
  }
}

/** Planes through a volume are led by the crosshair, not by the slices of others. */
const isStack = (view: StackView): boolean =>
  view.state.series !== null && view.state.reformat === null

/** The frame of reference of what a view shows; null where it has no patient space. */
export const spaceOf = (view: StackView): string | null =>
  planeOf(view) === null ? null : (view.state.series?.frame_of_reference_uid ?? null)

const planeOf = (view: StackView): ImagePlane | null => view.targetFrame?.plane_lps ?? null

const sameValues = (series: SeriesDescription | null, other: StackView): boolean =>
  series !== null &&
  series.modality === other.state.series?.modality &&
  series.unit === other.state.series.unit
