import {
  dot,
  findRegistration,
  gridCentre_lps,
  normalize,
  rotate,
  scale,
  add,
  subtract,
  nearestPlaneIndex,
  transformPoint,
  type Vec2,
  type Vec3,
} from '@/geometry'

import { toPixelError } from '../errors'
import type { SeriesDescription } from '../frames'
import { loadFrame } from '../loader'
import { firstWindow } from '../openingWindow'
import type { StackDescription } from '../stacks'
import type { Cause, StackView } from '../stackView'
import { rangeFromPixels, type VoiRange } from '../voi'
import {
  isWhole,
  orientedCamera,
  ROTATION,
  THIN,
  type Fusion,
  type Orientation,
  type Reformat,
} from './reformat'
import { refuseStranger } from './strangers'
import type { ViewportGrid } from './viewportGrid'

/** One point of the patient that all planes of a viewer pass through. */
export interface CrosshairPoint {
  readonly point_lps: Vec3
  readonly frame_of_reference_uid: string
}

/** Where tissue begins to be told apart from its surroundings; below it the anatomy is seen. */
const FIRST_FUSED_SUV: VoiRange = { lower: 1, upper: 8 }
const FIRST_OPACITY = 0.6
const TURN_EVERY_MS = 120

/** Of one viewer: which viewports show planes, what lies over them, and the point they share. */
export class ViewerPlanes {
  private readonly viewer: ViewportGrid
  private shared: CrosshairPoint | null = null
  private readonly turning = new Map<StackView, ReturnType<typeof setInterval>>()

  constructor(viewer: ViewportGrid) {
    this.viewer = viewer
  }

  get crosshair(): CrosshairPoint | null {
    return this.shared
  }

  /** The crosshair through what the active viewport looks at, or none. */
  toggleCrosshair(): void {
    const view = this.viewer.activeView
    const camera = view?.state.camera
    const space = view?.state.series?.frame_of_reference_uid
    if (this.shared !== null || !camera || !space) {
      this.shared = null
      if (this.viewer.tool === 'crosshair') this.viewer.setTool('window')
    } else {
      this.shared = { point_lps: camera.focal_point_lps, frame_of_reference_uid: space }
      this.viewer.setTool('crosshair')
    }
    this.viewer.overlaysChanged.emit()
  }

  clear(): void {
    this.shared = null
    for (const view of [...this.turning.keys()]) this.stopTurning(view)
  }

  /** Where the shared point lies in a view, or null where that is not known. */
  pointIn(view: StackView): Vec3 | null {
    if (this.shared === null) return null
    return this.placed(view, this.shared.point_lps, this.shared.frame_of_reference_uid)
  }

  private placed(view: StackView, point: Vec3, from: string): Vec3 | null {
    const here = view.state.series?.frame_of_reference_uid ?? null
    if (here === from) return point
    const found = findRegistration(this.viewer.registrations, from, here)
    return found && transformPoint(found.matrix, point)
  }

  /** Takes every plane and stack through a point seen in `from`, which stays as it is. */
  moveCrosshair(from: StackView, point_lps: Vec3): void {
    const space = from.state.series?.frame_of_reference_uid
    if (!space) return
    this.shared = { point_lps, frame_of_reference_uid: space }
    for (const view of this.viewer.visibleViews) {
      const point = view === from ? null : this.placed(view, point_lps, space)
      if (point !== null) takeThrough(view, point)
    }
    this.viewer.overlaysChanged.emit()
  }

  /** Turns the other planes about the normal of `from`, through the shared point. */
  turnCrosshair(from: StackView, angle_rad: number): void {
    const axis = from.state.camera?.view_plane_normal
    const space = from.state.series?.frame_of_reference_uid
    if (axis === undefined || this.shared === null || !space) return
    for (const view of this.viewer.visibleViews) {
      const { camera, reformat, series } = view.state
      const isPlane = reformat?.kind === 'plane' && series?.frame_of_reference_uid === space
      const centre = this.pointIn(view)
      if (view === from || !isPlane || camera === null || centre === null) continue
      const turned = (vector: Vec3): Vec3 => rotate(vector, normalize(axis), angle_rad)
      view.setCamera(
        {
          ...camera,
          view_up: normalize(turned(camera.view_up)),
          view_plane_normal: normalize(turned(camera.view_plane_normal)),
          focal_point_lps: add(centre, turned(subtract(camera.focal_point_lps, centre))),
        },
        'user',
      )
    }
    this.viewer.overlaysChanged.emit()
  }

  /** Where a turning projection was pointed at: the brightest place behind, in all other views. */
  async goBehind(view: StackView, position: Vec2): Promise<void> {
    const over = view.canvasToPatient(position)
    const point = over && (await view.planes.brightestBehind(over))
    if (point !== null) this.moveCrosshair(view, point)
  }

  /** One of the three planes through the shared point, or through the middle; null: the images. */
  orient(view: StackView, orientation: Orientation | null, cause: Cause = 'user'): boolean {
    this.stopTurning(view)
    if (orientation === null) return view.setReformat(null, cause)
    const kept = view.state.reformat?.kind === 'plane' ? view.state.reformat : THIN
    if (!view.setReformat(kept, cause)) return false
    const { grid } = view.planes
    if (grid === null) return false
    const through = this.pointIn(view) ?? gridCentre_lps(grid)
    view.setCamera(orientedCamera(grid, orientation, view.size, through), cause)
    return true
  }

  setSlab(view: StackView, slab: Pick<Reformat, 'projection' | 'slab_mm'>): void {
    const { reformat } = view.state
    if (reformat?.kind === 'plane') view.setReformat({ ...reformat, ...slab }, 'user')
  }

  /** The greatest value through the whole volume, seen from the front and ready to turn. */
  project(view: StackView, cause: Cause = 'user'): boolean {
    if (!view.setReformat(ROTATION, cause)) return false
    const { grid } = view.planes
    if (grid === null) return false
    view.setCamera(orientedCamera(grid, 'coronal', view.size), cause)
    return true
  }

  isTurning(view: StackView): boolean {
    return this.turning.has(view)
  }

  toggleTurning(view: StackView): void {
    if (this.turning.has(view)) {
      this.stopTurning(view)
      return
    }
    if (view.state.reformat?.kind !== 'rotation') return
    const timer = setInterval(() => {
      if (view.state.reformat?.kind === 'rotation') view.planes.turn(1)
      else this.stopTurning(view)
    }, TURN_EVERY_MS)
    this.turning.set(view, timer)
    this.viewer.changed.emit('program')
  }

  private stopTurning(view: StackView): void {
    clearInterval(this.turning.get(view))
    if (this.turning.delete(view)) this.viewer.changed.emit('program')
  }

  /**
   * Three planes and the images of one series, two by two. What refuses leaves the screen as it is
   * and says why in the active viewport.
   */
  async hangMpr(series_instance_uid: string, cause: Cause = 'user'): Promise<boolean> {
    const { viewer } = this
    const active = viewer.activeView
    if (active === null) return false
    const before = active.state
    if (before.series?.series_instance_uid !== series_instance_uid) {
      if (!(await viewer.show(viewer.active, series_instance_uid, cause))) return false
    }
    if (!active.setReformat(THIN, cause)) return false
    active.setReformat(null, cause)
    const frame = active.targetFrame
    const { series, voi } = active.state
    if (frame === null || series === null) return false
    viewer.setLayout({ rows: 2, columns: 2 }, cause)
    this.shared = null
    const looks: readonly (Orientation | null)[] = ['axial', 'coronal', 'sagittal', null]
    await Promise.all(
      looks.map(async (orientation, index) => {
        const view = viewer.views[index]
        if (!view || !(await viewer.show(index, series_instance_uid, cause, frame))) return
        if (voi) view.setVoi(voi, cause)
        // What a hanging had laid over this viewport belongs to that hanging.
        view.setFusion(null, null, cause)
        this.orient(view, orientation, cause)
      }),
    )
    const grid = viewer.views[0]?.planes.grid
    const space = series.frame_of_reference_uid
    if (grid && space) {
      this.shared = { point_lps: gridCentre_lps(grid), frame_of_reference_uid: space }
      const native = viewer.views[3]
      if (native) takeThrough(native, this.shared.point_lps)
    }
    viewer.setActive(0, cause)
    viewer.setTool('crosshair')
    viewer.overlaysChanged.emit()
    return true
  }

  /** Lays a series over a viewport, in colours of its own; null takes it away. */
  async fuse(view: StackView, series_instance_uid: string | null, cause: Cause): Promise<void> {
    if (series_instance_uid === null) {
      view.setFusion(null, null, cause)
      return
    }
    const over = view.state.series
    try {
      const series = await this.viewer.library.open(series_instance_uid)
      if (view.state.series !== over) return
      if (!this.mayLie(series)) {
        refuseStranger(view, cause)
        return
      }
      const stack = largestVolume(series)
      const fusion = await firstFusion(series, stack)
      if (view.state.series === over) view.setFusion(fusion, series, cause)
    } catch (error) {
      const details = [toPixelError(error).code]
      view.planes.refuseFusion({ code: 'not_loaded', details })
    }
  }

  /** By the same rule as pictures beside each other: another identity only where somebody compares. */
  private mayLie(series: SeriesDescription): boolean {
    const { comparison, visibleViews } = this.viewer
    return comparison.mayStand(series.study_instance_uid, visibleViews)
  }

  /** What the presenter has laid over a viewport, on this screen too. */
  async follow(view: StackView, fusion: Fusion | null): Promise<void> {
    const over = view.state.series
    if (JSON.stringify(fusion) === JSON.stringify(view.state.fusion)) return
    if (fusion === null || !this.viewer.library.has(fusion.series_instance_uid)) {
      view.setFusion(fusion, null, 'program')
      return
    }
    try {
      const series = await this.viewer.library.open(fusion.series_instance_uid)
      if (view.state.series !== over) return
      if (this.mayLie(series)) view.setFusion(fusion, series, 'program')
      else refuseStranger(view, 'program')
    } catch {
      view.setFusion(fusion, null, 'program')
    }
  }
}

/** Moves a view along its normal, or to its nearest image, so that it passes through a point. */
export function takeThrough(view: StackView, point_lps: Vec3): void {
  const { camera, reformat, series } = view.state
  const { stack } = view
  if (isWhole(reformat) || camera === null || series === null || stack === null) return
  if (reformat !== null) {
    const normal = camera.view_plane_normal
    const away_mm = dot(subtract(point_lps, camera.focal_point_lps), normal)
    if (Math.abs(away_mm) < 1e-6) return
    const focal_point_lps = add(camera.focal_point_lps, scale(normal, away_mm))
    view.setCamera({ ...camera, focal_point_lps }, 'user')
    return
  }
  const frames = series.frames.slice(stack.start, stack.start + stack.count)
  const nearest = nearestPlaneIndex(
    frames.map((frame) => frame.plane_lps),
    point_lps,
  )
  if (nearest !== null) view.setIndex(stack.start + nearest, 'user')
}

const largestVolume = (series: SeriesDescription): StackDescription | undefined =>
  [...series.stacks].sort(
    (a, b) => Number(b.is_volume) - Number(a.is_volume) || b.count - a.count,
  )[0]

async function firstFusion(
  series: SeriesDescription,
  stack: StackDescription | undefined,
): Promise<Fusion> {
  const { series_instance_uid } = series
  const common = { series_instance_uid, stack: stack?.number ?? 1, opacity: FIRST_OPACITY }
  const isPet = series.modality === 'PT' || series.modality === 'NM'
  const colormap = series.map?.colormap ?? (isPet ? 'hot_iron' : 'hot')
  if (series.unit === 'SUVbw g/mL') return { ...common, colormap, range: FIRST_FUSED_SUV }
  const middle = series.frames[(stack?.start ?? 0) + Math.floor((stack?.count ?? 1) / 2)]
  const known = middle && firstWindow(series, middle)
  if (known) return { ...common, colormap, range: { lower: known.lower, upper: known.upper } }
  const image = middle && (await loadFrame(middle.image_id))
  const pixels = (image?.getPixelData() ?? [0, 1]) as ArrayLike<number>
  return { ...common, colormap, range: rangeFromPixels(pixels) }
}

