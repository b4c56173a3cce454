import { visitSwept, type ImagePlane, type Vec3 } from '@/geometry'

import type { MaskPlace } from '../masks'

/** Half-open: first frame, row and column, and the end of each, on the labelmap's own grid. */
export type GridBox = readonly [number, number, number, number, number, number]

/** The images a labelmap is painted on, in slice order. */
export interface Grid {
  readonly shape: readonly [frames: number, rows: number, columns: number]
  readonly sop_instance_uids: readonly string[]
  readonly frames: readonly number[]
}

export interface Sweep {
  readonly plane: ImagePlane
  readonly from: Vec3
  readonly to: Vec3
  readonly radius_mm: number
  readonly value: 0 | 1
  /** Only these pixels, by their place in the image; null for all. */
  readonly allowed: ((index: number) => boolean) | null
}

export const joined = (a: GridBox | null, b: GridBox | null): GridBox | null => {
  if (a === null || b === null) return a ?? b
  return [
    Math.min(a[0], b[0]),
    Math.min(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.max(a[3], b[3]),
    Math.max(a[4], b[4]),
    Math.max(a[5], b[5]),
  ]
}

export const voxelsOf = (box: GridBox): number =>
  (box[3] - box[0]) * (box[4] - box[1]) * (box[5] - box[2])

/** Binary voxels of each segment, kept frame by frame: most frames have none. */
export class Labelmap {
  readonly grid: Grid
  private readonly places: Map<string, number>
  private readonly segments = new Map<number, Map<number, Uint8Array>>()

  constructor(grid: Grid) {
    this.grid = grid
    this.places = new Map(
      grid.sop_instance_uids.map((uid, index) => [`${uid}|${grid.frames[index]}`, index]),
    )
  }

  /** Which frame of the labelmap lies on this image; null where none does. */
  frameOn({ sop_instance_uid, frame }: MaskPlace): number | null {
    return this.places.get(`${sop_instance_uid}|${frame}`) ?? null
  }

  placeOf(frame: number): MaskPlace {
    return {
      sop_instance_uid: this.grid.sop_instance_uids[frame] ?? '',
      frame: this.grid.frames[frame] ?? 1,
    }
  }

  slice(segment: number, frame: number): Uint8Array | null {
    return this.segments.get(segment)?.get(frame) ?? null
  }

  framesOf(segment: number): number[] {
    return [...(this.segments.get(segment)?.keys() ?? [])]
  }

  /** The frame with most voxels of a segment; null where it has none. */
  fullest(segment: number): number | null {
    let [best, most]: [number | null, number] = [null, 0]
    for (const [frame, values] of this.segments.get(segment) ?? []) {
      const count = values.reduce((sum, value) => sum + value, 0)
      if (count > most) [best, most] = [frame, count]
    }
    return best
  }

  /** Paints or erases along a way on one frame. Returns where voxels changed. */
  sweep(segment: number, frame: number, { plane, from, to, radius_mm, value, allowed }: Sweep): GridBox | null {
    const { columns } = plane
    const known = this.slice(segment, frame)
    if (known === null && value === 0) return null
    const values = known ?? this.fresh(segment, frame)
    let [top, left, bottom, right] = [Infinity, Infinity, -1, -1]
    visitSwept(plane, from, to, radius_mm, (column, row) => {
      const index = row * columns + column
      if (values[index] === value || (allowed !== null && !allowed(index))) return
      values[index] = value
      top = Math.min(top, row)
      left = Math.min(left, column)
      bottom = Math.max(bottom, row)
      right = Math.max(right, column)
    })
    return bottom < 0 ? null : [frame, top, left, frame + 1, bottom + 1, right + 1]
  }

  /** Adds what is set in another mask of the same size. Returns where. */
  add(segment: number, frame: number, values: Uint8Array): GridBox | null {
    const own = this.fresh(segment, frame)
    const [, rows, columns] = this.grid.shape
    if (values.length !== own.length) throw new RangeError('the mask has another size')
    let box: GridBox | null = null
    values.forEach((value, index) => {
      if (value === 0) return
      own[index] = 1
      const [row, column] = [Math.floor(index / columns), index % columns]
      box = joined(box, [frame, row, column, frame + 1, row + 1, column + 1])
    })
    return rows === 0 ? null : box
  }

  /** The voxels of a box in the order frame, row, column; packed, least significant bit first. */
  pack(segment: number, box: GridBox): Uint8Array {
    const columns = this.grid.shape[2]
    const packed = new Uint8Array(Math.ceil(voxelsOf(box) / 8))
    let at = 0
    for (let frame = box[0]; frame < box[3]; frame += 1) {
      const values = this.slice(segment, frame)
      for (let row = box[1]; row < box[4]; row += 1)
        for (let column = box[2]; column < box[5]; column += 1) {
          if (values?.[row * columns + column]) packed[at >> 3] = (packed[at >> 3] ?? 0) | (1 << (at & 7))
          at += 1
        }
    }
    return packed
  }

  /** Puts packed voxels of a box in place of what is there. */
  unpack(segment: number, box: GridBox, packed: Uint8Array): void {
    if (packed.length !== Math.ceil(voxelsOf(box) / 8)) {
      throw new RangeError('the voxels do not have the size of their box')
    }
    const columns = this.grid.shape[2]
    let at = 0
    for (let frame = box[0]; frame < box[3]; frame += 1) {
      const values = this.fresh(segment, frame)
      for (let row = box[1]; row < box[4]; row += 1)
        for (let column = box[2]; column < box[5]; column += 1) {
          values[row * columns + column] = ((packed[at >> 3] ?? 0) >> (at & 7)) & 1
          at += 1
        }
    }
  }

  private fresh(segment: number, frame: number): Uint8Array {
    const frames = this.segments.get(segment) ?? new Map<number, Uint8Array>()
    this.segments.set(segment, frames)
    const [, rows, columns] = this.grid.shape
    const values = frames.get(frame) ?? new Uint8Array(rows * columns)
    frames.set(frame, values)
    return values
  }
}
