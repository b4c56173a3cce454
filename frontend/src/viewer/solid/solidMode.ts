import { gridCentre_lps, length, normalize, negate, scale, subtract, type Vec3 } from '@/geometry'

import type { PlaneHost } from '../volume/planeHost'
import type { PlaneLayer } from '../volume/planeLayer'
import { pageSampler } from '../volume/sampler'
import type { HeldVolume } from '../volume/shelf'
import type { Brick } from './brick'
import { cloudOf, type Cloud } from './cloud'
import { orbited } from './orbit'
import type { Measure, SolidPreset } from './presets'
import { firstOnSurfaces, raysOf, type Scene, type Surface } from './scene'
import { pageStudio } from './studio'

export interface SolidHost {
  readonly view: PlaneHost['view']
  readonly layer: () => PlaneLayer | null
  /** What is said of the picture has changed. */
  readonly told: () => void
  readonly drawn: () => void
}

/** At rest this long, a view is drawn finely. */
const SETTLE_MS = 140
const WAKE_MS = 12
/** What a picture may take while it moves: more than eight a second. */
const MOVING_MS = 70
const COARSEST = 0.2
const FINE_STEP = 0.6
const COARSE_STEP = 1.6

interface Timing {
  readonly coarse_ms: number | null
  readonly fine_ms: number | null
  /** How many pictures were drawn coarsely so far. */
  readonly moving: number
}

/** Of one viewport: the 3D picture of its stack, coarse while it moves and fine at rest. */
export class SolidMode {
  private readonly host: SolidHost
  private base: HeldVolume | null = null
  private brick: Brick | null = null
  private cloud: { readonly key: string; readonly made: Cloud } | null = null
  private surfaces: readonly Surface[] = []
  private wanted = ''
  private settledKey: string | null = null
  private busy = false
  private isMoving = false
  private owed: readonly [right: number, down: number] | null = null
  private lastWish = -Infinity
  private scaleWhileMoving = pageStudio().isSoftware ? 0.25 : 0.5
  private stopWaiting: () => void = () => undefined
  timing: Timing = { coarse_ms: null, fine_ms: null, moving: 0 }

  constructor(host: SolidHost) {
    this.host = host
  }

  /** Whether the canvas shows, finely, what was asked for. */
  get isSettled(): boolean {
    return this.settledKey !== null && this.settledKey === this.wanted
  }

  /** How many voxels along an axis became one, at most; null before there is a picture. */
  get reduction(): number | null {
    return this.brick && Math.max(...this.brick.factors)
  }

  get shownSurfaces(): readonly Surface[] {
    return this.surfaces
  }

  setSurfaces(surfaces: readonly Surface[]): void {
    const key = (list: readonly Surface[]): string =>
      list.map(({ id, colour, opacity, unreviewed }) => [id, colour, opacity, unreviewed]).join()
    const same =
      key(surfaces) === key(this.surfaces) &&
      surfaces.every(({ mesh }, at) => mesh === this.surfaces[at]?.mesh)
    if (same) return
    this.surfaces = surfaces
    this.wanted = ''
    this.host.told()
    this.draw(this.base)
  }

  forget(): void {
    this.base = null
    this.brick = null
    this.cloud = null
    this.surfaces = []
    this.owed = null
    this.wanted = ''
    this.settledKey = null
    this.stopWaiting()
    this.stopWaiting = () => undefined
  }

  draw(base: HeldVolume | null): void {
    if (base !== null && base !== this.base) this.take(base)
    const scene = this.scene()
    if (scene === null) {
      this.host.layer()?.cover()
      return
    }
    const { reformat } = this.host.view().state
    const key = JSON.stringify([scene.camera, scene.canvas, reformat?.preset, this.stamp()])
    if (key === this.wanted) return
    this.wanted = key
    this.lastWish = performance.now()
    void this.run()
  }

  /**
   * Turns by hand, at the pace of the pictures: what a hand does meanwhile is gathered. Otherwise the
   * page would be drawn anew for each move of the mouse, and where the processor plays the card the
   * pictures would wait behind that.
   */
  turn(right_degrees: number, down_degrees: number): void {
    const [right, down] = this.owed ?? [0, 0]
    this.owed = [right + right_degrees, down + down_degrees]
    if (!this.isMoving) this.turnOwed()
  }

  private turnOwed(): void {
    const { owed } = this
    const { camera, reformat } = this.host.view().state
    this.owed = null
    if (owed === null || camera === null || reformat?.kind !== 'solid') return
    this.host.view().setCamera(orbited(camera, ...owed), 'user')
  }

  private stamp(): unknown {
    return [this.base?.id, this.surfaces.map(({ id, mesh }) => [id, mesh.triangles.length])]
  }

  private take(base: HeldVolume): void {
    this.base = base
    this.brick = null
    this.stopWaiting()
    this.stopWaiting = pageStudio().restored.on(() => {
      // What was on the card is gone; everything is here still.
      this.wanted = ''
      this.settledKey = null
      this.draw(this.base)
    })
    pageSampler()
      .brick(base.id, pageStudio().mostVoxels)
      .then((brick) => {
        if (this.base !== base) return
        this.brick = brick
        this.wanted = ''
        this.host.told()
        this.draw(base)
      })
      // The volume has gone; whoever took it away also changed what is shown.
      .catch(() => undefined)
  }

  private scene(): Scene | null {
    const view = this.host.view()
    const { camera, reformat, series } = view.state
    if (camera === null || reformat?.kind !== 'solid' || this.base === null) return null
    const preset = reformat.preset ?? 'surfaces'
    const { brick, base } = this
    if (brick === null && preset !== 'surfaces') return null
    return {
      camera,
      canvas: view.size,
      grid: base.grid,
      cloud: brick && this.cloudFor(brick, preset, { unit: series?.unit ?? null, whole: base.range }),
      surfaces: this.surfaces,
    }
  }

  private cloudFor(brick: Brick, preset: SolidPreset, measure: Measure): Cloud | null {
    if (preset === 'surfaces') return null
    const key = `${preset}|${this.base?.id}`
    if (this.cloud?.key !== key) this.cloud = { key, made: cloudOf(brick, preset, measure) }
    return this.cloud.made
  }

  private async run(): Promise<void> {
    if (this.busy) return
    this.busy = true
    try {
      let ended = false
      while (!ended) {
        const key = this.wanted
        const changed = (): boolean => key !== this.wanted
        this.isMoving = true
        await this.shoot(this.scaleWhileMoving, COARSE_STEP, () => false)
        this.isMoving = false
        this.turnOwed()
        while (!changed() && performance.now() - this.lastWish < SETTLE_MS)
          await new Promise((done) => setTimeout(done, WAKE_MS))
        if (changed()) continue
        const whole = await this.shoot(1, FINE_STEP, changed)
        if (changed()) continue
        if (whole) this.settledKey = key
        this.host.drawn()
        ended = true
      }
    } finally {
      this.isMoving = false
      this.busy = false
    }
  }

  private async shoot(share: number, step_voxels: number, isStale: () => boolean): Promise<boolean> {
    const scene = this.scene()
    if (scene === null) return false
    const ratio = (window.devicePixelRatio || 1) * share
    return pageStudio().draw({
      scene,
      width: Math.max(1, Math.round(scene.canvas.width * ratio)),
      height: Math.max(1, Math.round(scene.canvas.height * ratio)),
      step_voxels,
      isStale: () => isStale() || this.host.view().state.reformat?.kind !== 'solid',
      done: (canvas, took_ms) => {
        this.host.layer()?.show(canvas)
        if (share === 1) this.timing = { ...this.timing, fine_ms: took_ms }
        else {
          this.timing = { ...this.timing, coarse_ms: took_ms, moving: this.timing.moving + 1 }
          const next = share * Math.sqrt(MOVING_MS / Math.max(1, took_ms))
          this.scaleWhileMoving = Math.max(COARSEST, Math.min(0.99, next))
        }
        this.host.drawn()
      },
    })
  }

  /** The first place that is seen behind a point of the picture: a surface, or opaque tissue. */
  async firstBehind(point_lps: Vec3): Promise<Vec3 | null> {
    const { camera } = this.host.view().state
    const { base } = this
    if (base === null || camera === null) return null
    const away = negate(normalize(camera.view_plane_normal))
    const eye = (point: Vec3): number => {
      const [x, y, z] = subtract(point, point_lps)
      return x * away[0] + y * away[1] + z * away[2]
    }
    const found = [firstOnSurfaces(this.surfaces, point_lps, away)]
    const scene = this.scene()
    if (scene !== null && scene.cloud !== null) {
      const { reach_mm } = raysOf(scene)
      const off = length(subtract(point_lps, gridCentre_lps(base.grid)))
      found.push(
        await pageSampler().firstSeen({
          volume: base.id,
          look: {
            through: point_lps,
            direction: scale(away, 1),
            length_mm: reach_mm + off,
            table: scene.cloud.table,
            range: scene.cloud.range,
          },
        }),
      )
    }
    const seen = found.filter((point) => point !== null)
    return seen.sort((a, b) => eye(a) - eye(b))[0] ?? null
  }
}
