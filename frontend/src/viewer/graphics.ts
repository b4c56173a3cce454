import type { Vec2, Vec3 } from '@/geometry'

import { Signal } from './signal'

/** Forms of PS3.3 C.10.5 (presentation states) and C.18.6, C.18.9 (structured reports). */
export type GraphicShape =
  | 'POINT'
  | 'MULTIPOINT'
  | 'POLYLINE'
  | 'INTERPOLATED'
  | 'POLYGON'
  | 'CIRCLE'
  | 'ELLIPSE'
  | 'ELLIPSOID'

/** An image by its instance; without a frame, all of it. */
export interface GraphicImage {
  readonly sop_instance_uid: string
  readonly frame: number | null
}

/** A drawing that came with an object: on images, or in patient space. */
export interface Graphic {
  readonly id: string
  readonly shape: string
  /** `[column, row]`, pixel centres at whole numbers; of images named in `images`. */
  readonly points_image: readonly Vec2[]
  readonly points_lps: readonly Vec3[]
  readonly frame_of_reference_uid: string
  readonly images: readonly GraphicImage[]
  readonly filled: boolean
  readonly colour: string | null
  /** Beside it: what was measured, and who says so. */
  readonly lines: readonly string[]
}

/** Words at a place of an image, with the point they speak of. */
export interface GraphicNote {
  readonly text: string
  readonly box: readonly Vec2[]
  readonly anchor: Vec2 | null
  readonly images: readonly GraphicImage[]
  readonly colour: string | null
}

/** What is hidden but for this area, on these images. */
export interface GraphicShutter {
  readonly shape: string
  readonly points_image: readonly Vec2[]
  readonly images: readonly GraphicImage[]
}

/** All that one report or presentation state draws. */
export interface GraphicLayer {
  readonly id: string
  readonly graphics: readonly Graphic[]
  readonly notes: readonly GraphicNote[]
  readonly shutters: readonly GraphicShutter[]
  /** By an algorithm, and nobody answers for it. */
  readonly unreviewed: boolean
}

/** Which objects draw on the pictures, and what they draw once it has been read. */
export class GraphicStore {
  readonly changed = new Signal()
  private ids: ReadonlySet<string> = new Set()
  private readonly known = new Map<string, GraphicLayer>()

  get shownIds(): ReadonlySet<string> {
    return this.ids
  }

  get layers(): readonly GraphicLayer[] {
    return [...this.ids].flatMap((id) => this.known.get(id) ?? [])
  }

  show(id: string, on: boolean): void {
    const next = new Set(this.ids)
    if (on) next.add(id)
    else next.delete(id)
    this.setShown(next)
  }

  setShown(ids: ReadonlySet<string>): void {
    const same = ids.size === this.ids.size && [...ids].every((id) => this.ids.has(id))
    if (same) return
    this.ids = ids
    this.changed.emit()
  }

  set(layer: GraphicLayer): void {
    if (this.known.get(layer.id) === layer) return
    this.known.set(layer.id, layer)
    this.changed.emit()
  }

  /** Whether a layer that nobody answers for draws on this image. */
  isUnreviewedOn(image: { sop_instance_uid: string; frame: number } | null): boolean {
    return (
      image !== null &&
      this.layers.some(
        (layer) =>
          layer.unreviewed && layer.graphics.some((graphic) => isOn(graphic.images, image)),
      )
    )
  }
}

export const isOn = (
  images: readonly GraphicImage[],
  image: { sop_instance_uid: string; frame: number },
): boolean =>
  images.some(
    (one) =>
      one.sop_instance_uid === image.sop_instance_uid &&
      (one.frame === null || one.frame === image.frame),
  )

/** A drawn line, with how it ends. */
export interface Outline {
  readonly points: readonly (readonly number[])[]
  readonly closed: boolean
  /** Marks instead of a line between them. */
  readonly marks: boolean
}

const ROUND_STEPS = 72
const CURVE_STEPS = 12

/** The line of a shape in the space of its points; empty where they make none. */
export function outlineOf(shape: string, points: readonly (readonly number[])[]): Outline {
  const [a, b, c, d] = points
  if (shape === 'CIRCLE' && a && b) {
    const radius = Math.hypot(...b.map((value, i) => value - (a[i] ?? 0)))
    return round((cos, sin) => [(a[0] ?? 0) + radius * cos, (a[1] ?? 0) + radius * sin])
  }
  if (shape === 'ELLIPSE' && a && b && c && d) {
    // Ends of the major, then of the minor axis (C.10.5.1.2, C.18.6.1.2).
    return round((cos, sin) =>
      a.map((_, i) => {
        const centre = ((a[i] ?? 0) + (b[i] ?? 0)) / 2
        const major = ((b[i] ?? 0) - (a[i] ?? 0)) / 2
        const minor = ((d[i] ?? 0) - (c[i] ?? 0)) / 2
        return centre + major * cos + minor * sin
      }),
    )
  }
  if (shape === 'INTERPOLATED') return { points: curve(points), closed: false, marks: false }
  if (shape === 'POLYLINE' || shape === 'POLYGON') {
    return { points, closed: shape === 'POLYGON', marks: false }
  }
  return { points, closed: false, marks: true }
}

function round(at: (cos: number, sin: number) => number[]): Outline {
  const points = Array.from({ length: ROUND_STEPS }, (_, i) => {
    const angle = (2 * Math.PI * i) / ROUND_STEPS
    return at(Math.cos(angle), Math.sin(angle))
  })
  return { points, closed: true, marks: false }
}

/** Catmull-Rom through all points: the standard leaves the interpolation to who draws. */
function curve(points: readonly (readonly number[])[]): number[][] {
  const first = points[0]
  const last = points[points.length - 1]
  if (!first || !last) return []
  const at = (i: number): readonly number[] => points[Math.max(0, Math.min(points.length - 1, i))] ?? first
  const out: number[][] = []
  for (let i = 0; i < points.length - 1; i += 1) {
    const [p0, p1, p2, p3] = [at(i - 1), at(i), at(i + 1), at(i + 2)]
    for (let step = 0; step < CURVE_STEPS; step += 1) {
      const t = step / CURVE_STEPS
      out.push(
        p1.map((v1, k) => {
          const [v0, v2, v3] = [p0[k] ?? 0, p2[k] ?? 0, p3[k] ?? 0]
          return (
            0.5 *
            (2 * v1 +
              (v2 - v0) * t +
              (2 * v0 - 5 * v1 + 4 * v2 - v3) * t * t +
              (3 * v1 - v0 - 3 * v2 + v3) * t * t * t)
          )
        }),
      )
    }
  }
  return [...out, [...last]]
}
