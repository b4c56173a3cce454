import type { VolumeGrid } from '@/geometry'

import { deviceProfile } from '../device'
import type { SeriesDescription } from '../frames'
import { loadFrame } from '../loader'
import { middleOut, PRIORITY_PREFETCH } from '../requestQueue'
import type { StackDescription } from '../stacks'
import { rangeFromPixels, type VoiRange } from '../voi'
import { inMebibytes, volumeBudget_bytes } from './budget'
import { gridOfStack, VolumeRefused } from './refusal'
import { pageSampler, type Sampler } from './sampler'
import type { Voxels } from './sampling'

/** A volume that the sampler has. */
export interface HeldVolume {
  readonly id: string
  readonly grid: VolumeGrid
  readonly bytes: number
  /** A window for it where its file names none. */
  readonly range: VoiRange
}

export interface Progress {
  readonly loaded: number
  readonly total: number
}

interface Entry {
  readonly volume: Promise<HeldVolume>
  readonly users: Set<object>
  readonly bytes: number
  readonly watchers: Set<(progress: Progress) => void>
}

/** Just above what is looked at, before what may be looked at next. */
const PRIORITY_VOLUME = PRIORITY_PREFETCH - 5

/** The volumes of the page: each held once, within one budget, the longest unused given up first. */
export class VolumeShelf {
  private readonly entries = new Map<string, Entry>()
  private readonly sampler: Sampler
  private readonly budget_bytes: number
  private readonly mayBuild: () => boolean

  constructor(
    sampler: Sampler = pageSampler(),
    budget_bytes = volumeBudget_bytes(),
    mayBuild: () => boolean = () => deviceProfile().mode === 'volume',
  ) {
    this.sampler = sampler
    this.budget_bytes = budget_bytes
    this.mayBuild = mayBuild
  }

  /**
   * The volume of a stack, until `user` gives it back.
   *
   * @throws VolumeRefused, also at once: what is no volume, or too large, is not loaded first.
   */
  async acquire(
    user: object,
    series: SeriesDescription,
    stack: StackDescription,
    watch: (progress: Progress) => void = () => undefined,
  ): Promise<HeldVolume> {
    const first = series.frames[stack.start]
    const id = `${first?.image_id ?? series.series_instance_uid}#${stack.number}`
    const known = this.entries.get(id)
    if (known !== undefined) {
      known.users.add(user)
      known.watchers.add(watch)
      return known.volume
    }
    const grid = gridOfStack(series, stack)
    if (!this.mayBuild()) throw new VolumeRefused('image_by_image')
    const bytes = expectedBytes(series, stack, grid)
    this.makeRoom(bytes)
    const watchers = new Set([watch])
    const volume = this.build(id, series, stack, grid, watchers)
    this.entries.set(id, { volume, users: new Set([user]), bytes, watchers })
    // What failed is asked for again the next time.
    volume.catch(() => this.entries.delete(id))
    return volume
  }

  /** Given back; it stays for the next one while there is room. */
  release(user: object, keep?: HeldVolume): void {
    for (const [id, { users }] of this.entries) if (id !== keep?.id) users.delete(user)
  }

  private makeRoom(bytes: number): void {
    let used = bytes
    for (const entry of this.entries.values()) used += entry.bytes
    for (const [id, { users, bytes: freed }] of [...this.entries]) {
      if (used <= this.budget_bytes) break
      if (users.size > 0) continue
      this.entries.delete(id)
      this.sampler.drop(id)
      used -= freed
    }
    if (used > this.budget_bytes) {
      throw new VolumeRefused('too_large', [
        `${inMebibytes(used)} MiB > ${inMebibytes(this.budget_bytes)} MiB`,
      ])
    }
  }

  private async build(
    id: string,
    series: SeriesDescription,
    stack: StackDescription,
    grid: VolumeGrid,
    watchers: Set<(progress: Progress) => void>,
  ): Promise<HeldVolume> {
    const frames = series.frames.slice(stack.start, stack.start + stack.count)
    let loaded = 0
    const slices = new Array<ArrayLike<number>>(frames.length)
    await Promise.all(
      middleOut(frames.length, Math.floor(frames.length / 2)).map(async (at) => {
        const frame = frames[at]
        if (frame === undefined) return
        const image = await loadFrame(frame.image_id, PRIORITY_VOLUME)
        slices[at] = image.getPixelData() as ArrayLike<number>
        loaded += 1
        for (const watch of watchers) watch({ loaded, total: frames.length })
      }),
    )
    watchers.clear()
    const values = joined(slices, grid.size[0] * grid.size[1])
    const { byteLength: bytes } = values
    const range = rangeFromPixels(values)
    this.sampler.hold(id, { grid, values })
    return { id, grid, bytes, range }
  }
}

function expectedBytes(
  series: SeriesDescription,
  { start, count }: StackDescription,
  { size }: VolumeGrid,
): number {
  const whole = series.frames
    .slice(start, start + count)
    .every(
      ({ factor, slope, intercept }) =>
        factor === 1 && Number.isInteger(slope) && Number.isInteger(intercept),
    )
  return size[0] * size[1] * size[2] * (whole ? 2 : 4)
}

/** Slices as one array of the smallest type that holds all their values exactly. */
export function joined(slices: readonly ArrayLike<number>[], length: number): Voxels {
  const every = (...types: (new () => ArrayLike<number>)[]): boolean =>
    slices.every((slice) => types.some((type) => slice instanceof type))
  const total = length * slices.length
  const out = every(Int16Array, Uint8Array, Int8Array)
    ? new Int16Array(total)
    : every(Uint16Array, Uint8Array)
      ? new Uint16Array(total)
      : new Float32Array(total)
  slices.forEach((slice, at) => {
    if (slice.length !== length) throw new VolumeRefused('not_loaded', ['image size'])
    out.set(slice, at * length)
  })
  return out
}

let shared: VolumeShelf | null = null

/** All viewports of the page share one budget. */
export function pageShelf(): VolumeShelf {
  shared ??= new VolumeShelf()
  return shared
}
