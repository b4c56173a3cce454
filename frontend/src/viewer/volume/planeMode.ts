import {
  fittingCamera,
  normalize,
  rotate,
  type ImagePlane,
  type PlaneCamera,
  type Vec3,
  type VolumeGrid,
} from '@/geometry'

import { bridgeTo, type Bridge } from '../elsewhere'
import type { FrameDescription, SeriesDescription } from '../frames'
import { SolidMode } from '../solid/solidMode'
import { pageStudio } from '../solid/studio'
import type { StackDescription } from '../stacks'
import type { Cause, PlaneStatus, ViewState } from '../viewState'
import { PlaneFeed, type PlaneRequest, type PlaneSample } from './feed'
import type { PlaneHost } from './planeHost'
import { paintMap } from './mapPaint'
import { PlaneLayer } from './planeLayer'
import { basePaintOf, type OverlayPaint } from './planePainter'
import { planeRequest } from './planeRequest'
import { projectionPlane, TURN_DEGREES, type Fusion, type Reformat } from './reformat'
import { gridOfStack, refusalFrom, VolumeRefused, type Refusal } from './refusal'
import { pageSampler } from './sampler'
import { pageShelf, type HeldVolume } from './shelf'
import { liesOn, Together } from './together'

/** Of one viewport: planes through the volume of its stack, and a second volume laid over. */
export class PlaneMode {
  private readonly host: PlaneHost
  private layer: PlaneLayer | null = null
  private feed: PlaneFeed | null = null
  private base: HeldVolume | null = null
  private fused: HeldVolume | null = null
  private fusedSeries: SeriesDescription | null = null
  private baseStack: StackDescription | null = null
  private lattice: VolumeGrid | null = null
  private sample: PlaneSample | null = null
  /** Not asked for again by a presenter's every move. */
  private refused: StackDescription | null = null
  private turnOf = { base: 0, fused: 0 }
  private readonly user = { base: {}, fused: {} }
  readonly solid: SolidMode
  private readonly together = new Together(() => this.setLoading(this.state.reformat === null))

  constructor(host: PlaneHost) {
    this.host = host
    const told = (): void => host.change({}, 'program')
    this.solid = new SolidMode({ ...host, layer: () => this.layer, told })
  }

  private get state(): ViewState {
    return this.host.view().state
  }

  /** The lattice that is cut; known before its values are here. */
  get grid(): VolumeGrid | null {
    return this.lattice
  }

  /** Where the values that are on the canvas lie. */
  get plane(): ImagePlane | null {
    return this.sample?.request.plane ?? null
  }

  /** What was sampled last. */
  get shown(): PlaneSample | null {
    return this.sample
  }

  /** Whether the canvas shows what was asked for, at full resolution. */
  get isSettled(): boolean {
    if (this.state.reformat?.kind === 'solid') return this.solid.isSettled
    const wanted = this.request(window.devicePixelRatio || 1)
    return this.sample?.settled === true && wanted?.key === this.sample.request.key
  }

  canvas(): HTMLCanvasElement | null {
    return this.layer?.canvas ?? null
  }

  attach(element: HTMLElement): void {
    this.layer = new PlaneLayer(element)
    this.feed = new PlaneFeed(pageSampler(), (sample) => this.arrived(sample))
  }

  detach(): void {
    this.feed?.stop()
    this.feed = null
    this.layer?.dispose()
    this.layer = null
  }

  /** Nothing of the former series is kept. */
  reset(): void {
    this.turnOf = { base: this.turnOf.base + 1, fused: this.turnOf.fused + 1 }
    this.together.discard()
    this.forgetBase()
    this.forgetFused()
    this.layer?.hide()
  }

  setReformat(reformat: Reformat | null, cause: Cause, camera?: PlaneCamera): boolean {
    const view = this.host.view()
    const { series } = this.state
    const { stack } = view
    if (series === null || stack === null) return false
    if (reformat === null) {
      this.leave(cause, null)
      return true
    }
    if (cause === 'program' && this.refused === stack) return false
    this.refused = null
    try {
      if (reformat.kind === 'solid' && !pageStudio().works) throw new VolumeRefused('no_webgl2')
      // The same object as long as it is the same stack: what is computed on it is kept by it.
      if (this.lattice === null || this.baseStack !== stack) this.lattice = gridOfStack(series, stack)
    } catch (error) {
      this.leave(cause, refusalFrom(error))
      return false
    }
    const turned = camera ?? this.state.camera
    const planes = this.status({ refusal: null })
    this.host.change({ reformat, planes, camera: turned }, cause)
    if (this.baseStack !== stack || this.base === null) this.takeBase(series, stack)
    this.host.redraw()
    return true
  }

  /** Back to the images, which are looked at from their own front. */
  private leave(cause: Cause, refusal: Refusal | null): void {
    const view = this.host.view()
    if (refusal !== null) this.refused = view.stack
    const wasPlane = this.state.reformat !== null
    this.turnOf.base += 1
    this.forgetBase()
    const frame = view.targetFrame
    const camera = wasPlane && frame ? fittingCamera(frame.plane, view.size) : this.state.camera
    const planes = this.status({ refusal, loading: null })
    this.host.change({ reformat: null, camera, planes }, cause)
    this.host.redraw()
    this.host.drawn()
  }

  /** Another time point of the same anatomy: the plane stays, the volume changes. */
  stackMayHaveChanged(): void {
    const { series, reformat } = this.state
    const { stack } = this.host.view()
    if (reformat === null || series === null || stack === null || stack === this.baseStack) return
    this.setReformat(reformat, 'program')
  }

  private takeBase(series: SeriesDescription, stack: StackDescription): void {
    this.turnOf.base += 1
    const turn = this.turnOf.base
    this.feed?.stop()
    this.sample = null
    this.base = null
    this.baseStack = stack
    const isCurrent = (): boolean => turn === this.turnOf.base
    pageShelf()
      .acquire(this.user.base, series, stack, (loading) => {
        if (isCurrent()) this.host.change({ planes: this.status({ loading }) }, 'program')
      })
      .then(
        (volume) => {
          if (!isCurrent()) return
          this.base = volume
          pageShelf().release(this.user.base, volume)
          const voi = this.state.voi ?? { ...volume.range, invert: false }
          this.host.change({ voi, planes: this.status({ loading: null }) }, 'program')
          this.host.redraw()
        },
        (error: unknown) => {
          if (isCurrent()) this.leave('program', refusalFrom(error))
        },
      )
  }

  setFusion(fusion: Fusion | null, series: SeriesDescription | null, cause: Cause): void {
    if (this.state.series === null) return
    const stack = series?.stacks.find(({ number }) => number === fusion?.stack) ?? null
    const same =
      series !== null &&
      series === this.fusedSeries &&
      fusion?.stack === this.state.fusion?.stack &&
      this.fused !== null
    if (fusion === null || series === null || stack === null) {
      this.turnOf.fused += 1
      this.forgetFused()
      const fusion_refusal: Refusal | null = fusion && { code: 'not_loaded', details: [] }
      const planes = this.status({ fusion_refusal, registered: null, fusion_loading: false })
      this.host.change({ fusion, planes }, cause)
    } else {
      const planes = this.status({ fusion_refusal: null })
      this.host.change({ fusion, planes }, cause)
      if (!same) this.takeFused(series, stack)
    }
    this.host.redraw()
    this.host.drawn()
  }

  /** Whose values are laid over; null where nothing is. */
  get fusedOn(): SeriesDescription | null {
    return this.fusedSeries
  }

  /** Opacity, colours or range of what is laid over already. */
  changeFusion(part: Partial<Fusion>): void {
    const { fusion } = this.state
    if (fusion) this.setFusion({ ...fusion, ...part }, this.fusedSeries, 'user')
  }

  refuseFusion(fusion_refusal: Refusal): void {
    this.host.change({ planes: this.status({ fusion_refusal }) }, 'program')
  }

  private takeFused(series: SeriesDescription, stack: StackDescription): void {
    this.turnOf.fused += 1
    const turn = this.turnOf.fused
    this.forgetFused()
    this.fusedSeries = series
    this.registrationsChanged()
    this.setLoading(this.bridge() !== null)
    const isCurrent = (): boolean => turn === this.turnOf.fused
    pageShelf()
      .acquire(this.user.fused, series, stack)
      .then(
        (volume) => {
          if (!isCurrent()) return
          this.fused = volume
          this.host.redraw()
        },
        (error: unknown) => {
          // Another frame of reference is the graver word, and stands already.
          if (!isCurrent() || this.bridge() === null) return
          const planes = this.status({ fusion_refusal: refusalFrom(error), fusion_loading: false })
          this.host.change({ planes }, 'program')
        },
      )
  }

  /** Whether the second volume may lie here, is asked again whenever the links change. */
  registrationsChanged(): void {
    if (this.fusedSeries === null) return
    const bridge = this.bridge()
    const fusion_refusal: Refusal | null =
      bridge === null ? { code: 'frame_of_reference_mismatch', details: [] } : null
    const planes = this.status({ fusion_refusal, registered: bridge?.by ?? null })
    this.host.change({ planes }, 'program')
    this.host.redraw()
  }

  private bridge(): Bridge | null {
    const here = this.state.series?.frame_of_reference_uid ?? null
    const there = this.fusedSeries?.frame_of_reference_uid ?? null
    return there === null ? null : bridgeTo(this.host.registrations(), here, there)
  }

  private forgetBase(): void {
    pageShelf().release(this.user.base)
    this.feed?.stop()
    this.solid.forget()
    this.base = null
    this.baseStack = null
    this.lattice = null
    this.sample = null
  }

  private forgetFused(): void {
    pageShelf().release(this.user.fused)
    this.feed?.stop()
    this.fused = null
    this.fusedSeries = null
    this.sample = null
    this.together.flush()
  }

  /** An image that has been read: with its colours, where they can be there with it. */
  present(frame: FrameDescription, show: () => void): void {
    const { fusion, reformat } = this.state
    const isFused = fusion !== null && this.fused !== null && this.bridge() !== null
    const known = this.sample !== null && liesOn(this.sample.request.plane, frame.plane_lps)
    if (this.feed === null || !isFused || reformat !== null || known || !frame.plane_lps) {
      this.together.discard()
      show()
      return
    }
    this.together.wait(frame, show)
    this.feed.want((pixels) => this.request(pixels), window.devicePixelRatio || 1)
  }

  private setLoading(fusion_loading: boolean): void {
    if (fusion_loading === this.state.planes.fusion_loading) return
    this.host.change({ planes: this.status({ fusion_loading }) }, 'program')
  }

  private status(part: Partial<PlaneStatus>): PlaneStatus {
    return { ...this.state.planes, ...part }
  }

  draw(): void {
    const { reformat, fusion } = this.state
    if (this.layer === null) return
    if (reformat?.kind === 'solid') return this.solid.draw(this.base)
    if (reformat === null && (fusion === null || this.fused === null)) {
      if (!paintMap(this.layer, this.host.view())) this.layer.hide()
      return
    }
    if (this.request(1) !== null) {
      this.feed?.want((pixels) => this.request(pixels), window.devicePixelRatio || 1)
    }
    this.paint()
  }

  private request(pixels_per_css: number): PlaneRequest | null {
    const view = this.host.view()
    const bridge = this.bridge()
    return planeRequest({
      state: view.state,
      image: (this.together.next ?? view.nativeFrame)?.plane_lps ?? null,
      canvas: view.size,
      pixels_per_css,
      base: this.base,
      fused: this.fused && bridge && { volume: this.fused, matrix: bridge.matrix },
    })
  }

  private arrived(sample: PlaneSample): void {
    this.sample = sample
    const { layers, plane } = sample.request
    if (layers.some((one) => one.volume === this.fused?.id)) this.setLoading(false)
    this.together.arrived(plane)
    this.paint()
    this.host.drawn()
  }

  private paint(): void {
    const view = this.host.view()
    const { camera, reformat } = this.state
    const { sample, layer } = this
    if (layer === null || camera === null) return
    if (sample === null || (reformat === null && !this.liesOnImage(sample))) {
      if (reformat === null) layer.hide()
      else layer.cover()
      return
    }
    const values = (id: string | undefined): Float32Array | undefined =>
      sample.values[sample.request.layers.findIndex(({ volume }) => volume === id)]
    const shown = reformat && values(this.base?.id)
    const base = shown ? basePaintOf(this.state, shown) : null
    const overlay = this.overlayPaint(values(this.fused?.id))
    layer.draw({ plane: sample.request.plane, camera, base, overlay }, view.size)
  }

  /** A second volume is never shown on another slice than the one it was sampled for. */
  private liesOnImage({ request }: PlaneSample): boolean {
    return liesOn(request.plane, this.host.view().nativeFrame?.plane_lps ?? null)
  }

  private overlayPaint(values: Float32Array | undefined): OverlayPaint | null {
    const { fusion } = this.state
    return fusion && values ? { values, ...fusion } : null
  }

  valueAt(column: number, row: number): number | null {
    const { sample } = this
    if (sample === null) return null
    const { columns, rows } = sample.request.plane
    const [x, y] = [Math.round(column), Math.round(row)]
    if (x < 0 || y < 0 || x >= columns || y >= rows) return null
    const value = sample.values[0]?.[y * columns + x]
    return value === undefined || Number.isNaN(value) ? null : value
  }

  /** Turns a projection about the patient's long axis, or about the picture's own upright. */
  turn(steps: number): void {
    const { camera } = this.state
    if (camera === null || !Number.isFinite(steps)) return
    const angle = (Math.round(steps) * TURN_DEGREES * Math.PI) / 180
    const axis = normalize(camera.view_up)
    const view_plane_normal = normalize(rotate(camera.view_plane_normal, axis, angle))
    this.host.view().setCamera({ ...camera, view_plane_normal }, 'user')
  }

  /** What a projection or a 3D picture shows under a point of it. */
  async brightestBehind(point_lps: Vec3): Promise<Vec3 | null> {
    const { camera } = this.state
    if (this.state.reformat?.kind === 'solid') return this.solid.firstBehind(point_lps)
    if (this.base === null || camera === null) return null
    const { thickness_mm } = projectionPlane(this.base.grid, camera)
    return pageSampler().brightest({
      volume: this.base.id,
      through: point_lps,
      direction: normalize(camera.view_plane_normal),
      length_mm: thickness_mm,
    })
  }
}
