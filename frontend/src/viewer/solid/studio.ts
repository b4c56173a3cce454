import { Signal } from '../signal'
import { GlRenderer } from './glRenderer'
import type { Scene } from './scene'

/** One picture to be drawn. */
export interface Take {
  readonly scene: Scene
  readonly width: number
  readonly height: number
  /** How far apart samples lie along a ray, in voxels of the brick. */
  readonly step_voxels: number
  /** Asked between strips: a picture that nobody waits for any more is given up. */
  readonly isStale: () => boolean
  /** The picture must be taken from the canvas before this returns. */
  readonly done: (canvas: HTMLCanvasElement, took_ms: number) => void
}

/** A strip is to take no longer than this on a machine as slow as the last one was. */
const STRIP_MS = 40
/** Voxels that become one texture: with a card, and where the processor plays the card. */
const MOST_VOXELS = { card: 20_000_000, software: 5_000_000 }

/** The one WebGL context of the page: pictures of all viewports are drawn in turn. */
export class Studio {
  readonly restored = new Signal()
  private renderer: GlRenderer | null = null
  private line: Promise<unknown> = Promise.resolve()
  private ms_per_pixel = 1e-4

  constructor() {
    try {
      this.renderer = new GlRenderer(() => this.restored.emit())
    } catch {
      this.renderer = null
    }
  }

  /** False where this browser has no WebGL2. */
  get works(): boolean {
    return this.renderer !== null
  }

  get isSoftware(): boolean {
    return this.renderer?.isSoftware ?? true
  }

  get mostVoxels(): number {
    return this.isSoftware ? MOST_VOXELS.software : MOST_VOXELS.card
  }

  /** Whether it was drawn whole. */
  draw(take: Take): Promise<boolean> {
    const next = this.line.then(() => this.drawNow(take))
    this.line = next.catch(() => undefined)
    return next
  }

  private async drawNow(take: Take): Promise<boolean> {
    const { renderer } = this
    if (renderer === null || renderer.isLost || take.isStale()) return false
    const { scene, width, height } = take
    const begun = performance.now()
    renderer.prepare(scene, width, height)
    const cost = this.ms_per_pixel * width
    const rows = Math.max(8, Math.min(height, Math.floor(STRIP_MS / Math.max(1e-6, cost))))
    for (let from = 0; from < height; from += rows) {
      renderer.cast(scene, take.step_voxels, from, Math.min(height, from + rows))
      await renderer.finished()
      if (renderer.isLost || take.isStale()) return false
    }
    const took = performance.now() - begun
    this.ms_per_pixel = took / (width * height)
    take.done(renderer.canvas, took)
    return true
  }
}

let shared: Studio | null = null

export function pageStudio(): Studio {
  shared ??= new Studio()
  return shared
}
