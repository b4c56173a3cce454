import { drawnApi } from '@/api/drawn'
import { asProblem } from '@/api/problem'
import type { DrawnSegmentation } from '@/api/types'
import type { SegmentationRevisedPayload } from '@/protocol/generated'
import { packChunk } from '@/viewer/brush/chunk'
import { joined, Labelmap, type GridBox } from '@/viewer/brush/labelmap'
import type { Stroke } from '@/viewer/brush/brush'
import { Signal } from '@/viewer/signal'
import { drawnMaskId } from '@/viewer/stage'
import type { Viewer } from '@/viewer/viewer'

const RETRY_MS = 3_000

/** How a chunk that was sent becomes a revision: REST alone, or the live room's ops. */
export interface DrawnTransport {
  /** Resolves with the newest revision. */
  commit(id: string, parent: number, sha256: string): Promise<number>
  revert(id: string, parent: number, revision: number): Promise<number>
}

interface Done {
  readonly id: string
  readonly revision: number
  readonly segment: number
  readonly box: GridBox
}

interface Entry {
  labelmap: Labelmap
  head: number
  busy: boolean
  /** What is on its way to the server. */
  work: Promise<void>
  readonly dirty: Map<number, GridBox>
}

/** Voxels of a case's drawn segmentations on this screen, and their way to the server. */
export class Drawing {
  readonly changed = new Signal()
  private readonly entries = new Map<string, Entry>()
  private readonly loading = new Map<string, Promise<Entry>>()
  private undone: Done[] = []
  private done: Done[] = []
  private gone = false
  private takingBack: Promise<void> = Promise.resolve()

  constructor(
    private readonly viewer: Viewer,
    private readonly transport: DrawnTransport,
    private readonly onProblem: (error: unknown) => void,
    private readonly onRevised: () => void,
  ) {}

  start(): () => void {
    this.gone = false
    const { brush } = this.viewer
    const stops = [
      brush.painted.on(({ target, frame }) => this.lay(target.segmentation, target.segment, frame)),
      brush.stroked.on((stroke) => this.keep(stroke)),
    ]
    return () => {
      this.gone = true
      for (const stop of stops) stop()
    }
  }

  get canUndo(): boolean {
    return this.done.length > 0
  }

  get canRedo(): boolean {
    return this.undone.length > 0
  }

  /** Something painted here is not on the server yet. */
  get pending(): boolean {
    return [...this.entries.values()].some(({ busy, dirty }) => busy || dirty.size > 0)
  }

  /** Brings what is on the screen up to what the server lists. */
  async follow(list: readonly DrawnSegmentation[]): Promise<void> {
    for (const one of list) {
      const entry = this.entries.get(one.id)
      try {
        if (entry === undefined) await this.open(one)
        else if (one.revision > entry.head && !entry.busy && entry.dirty.size === 0) {
          await this.reload(one)
        }
      } catch (error) {
        this.onProblem(error)
      }
    }
  }

  async open(one: DrawnSegmentation): Promise<Labelmap> {
    const known = this.entries.get(one.id)
    if (known !== undefined) return known.labelmap
    const waiting = this.loading.get(one.id) ?? this.read(one)
    this.loading.set(one.id, waiting)
    try {
      return (await waiting).labelmap
    } finally {
      this.loading.delete(one.id)
    }
  }

  labelmapOf(id: string): Labelmap | null {
    return this.entries.get(id)?.labelmap ?? null
  }

  /** Somebody's revision: only the changed box is fetched (LIVE-S2). */
  async take(id: string, { revision, parent, box, segments }: SegmentationRevisedPayload): Promise<void> {
    const entry = this.entries.get(id)
    if (entry === undefined || entry.busy || revision <= entry.head) return
    if (parent !== entry.head) return this.onRevised()
    entry.head = revision
    for (const segment of segments) await this.fetchBox(id, revision, segment, asBox(box))
  }

  /** What was painted without the brush: a copy of another mask. */
  keep({ target, box }: Stroke): void {
    const entry = this.entries.get(target.segmentation)
    if (entry === undefined) return
    entry.dirty.set(target.segment, joined(entry.dirty.get(target.segment) ?? null, box) ?? box)
    if (!entry.busy) entry.work = this.flush(target.segmentation, entry)
  }

  undo(): Promise<void> {
    return this.afterOthers(() => this.takeBack(this.done, this.undone))
  }

  redo(): Promise<void> {
    return this.afterOthers(() => this.takeBack(this.undone, this.done))
  }

  /** A quick hand's strokes and undos are carried out in its order. */
  private afterOthers(act: () => Promise<void>): Promise<void> {
    this.takingBack = this.takingBack.then(async () => {
      await Promise.all([...this.entries.values()].map(({ work }) => work))
      await act()
    })
    return this.takingBack
  }

  private async takeBack(from: Done[], to: Done[]): Promise<void> {
    const last = from.at(-1)
    const entry = last && this.entries.get(last.id)
    if (last === undefined || entry === undefined || entry.busy || entry.dirty.size > 0) return
    from.pop()
    entry.busy = true
    this.changed.emit()
    try {
      const revision = await this.transport.revert(last.id, entry.head, last.revision)
      if (revision > entry.head) to.push({ ...last, revision })
      entry.head = revision
      await this.fetchBox(last.id, revision, last.segment, last.box)
    } catch (error) {
      this.onProblem(error)
    } finally {
      entry.busy = false
      this.onRevised()
      this.changed.emit()
    }
  }

  /** One revision at a time; strokes made meanwhile go together into the next. */
  private async flush(id: string, entry: Entry): Promise<void> {
    if (entry.busy) return
    entry.busy = true
    this.changed.emit()
    try {
      for (let next = first(entry.dirty); next !== null; next = first(entry.dirty)) {
        await this.send(id, entry, ...next)
      }
    } catch (error) {
      this.refused(id, entry, error)
    } finally {
      entry.busy = false
      this.onRevised()
      this.changed.emit()
    }
  }

  private async send(id: string, entry: Entry, segment: number, box: GridBox): Promise<void> {
    entry.dirty.delete(segment)
    const chunk = await packChunk(entry.labelmap, [segment], box)
    try {
      await drawnApi.send(id, entry.head, chunk)
      const revision = await this.transport.commit(id, entry.head, chunk.sha256)
      if (revision > entry.head) {
        this.done.push({ id, revision, segment, box })
        this.undone = []
      }
      entry.head = revision
    } catch (error) {
      if (asProblem(error).code === 'offline') {
        entry.dirty.set(segment, joined(entry.dirty.get(segment) ?? null, box) ?? box)
      }
      throw error
    }
  }

  /** Offline, it is tried again; refused, the screen goes back to what the server has. */
  private refused(id: string, entry: Entry, error: unknown): void {
    if (asProblem(error).code === 'offline') {
      setTimeout(() => {
        if (!this.gone && !entry.busy) entry.work = this.flush(id, entry)
      }, RETRY_MS)
      return
    }
    entry.dirty.clear()
    entry.head = -1 // whatever the server lists is newer
    this.onProblem(error)
  }

  private async read(one: DrawnSegmentation): Promise<Entry> {
    const labelmap = new Labelmap(await drawnApi.grid(one.id))
    const entry: Entry = {
      labelmap,
      head: one.revision,
      busy: false,
      work: Promise.resolve(),
      dirty: new Map(),
    }
    await this.fill(one, labelmap)
    this.entries.set(one.id, entry)
    for (const { number } of one.segments) {
      for (const frame of labelmap.framesOf(number)) this.lay(one.id, number, frame)
    }
    this.changed.emit()
    return entry
  }

  private async reload(one: DrawnSegmentation): Promise<void> {
    const entry = this.entries.get(one.id)
    if (entry === undefined) return
    const fresh = new Labelmap(entry.labelmap.grid)
    await this.fill(one, fresh)
    if (entry.busy) return
    for (const { number } of one.segments) {
      const [, rows, columns] = fresh.grid.shape
      for (const frame of entry.labelmap.framesOf(number)) {
        if (fresh.slice(number, frame) === null) {
          fresh.unpack(number, oneVoxel(frame), new Uint8Array(1))
        }
      }
      for (const frame of fresh.framesOf(number)) {
        const values = fresh.slice(number, frame) ?? new Uint8Array(rows * columns)
        const id = drawnMaskId(one.id, number)
        this.viewer.masks.setSlice(id, fresh.placeOf(frame), values, rows, columns)
      }
    }
    entry.labelmap = fresh
    entry.head = one.revision
    const { target } = this.viewer.brush
    if (target?.segmentation === one.id) {
      this.viewer.brush.setTarget({ ...target, labelmap: fresh })
    }
    this.viewer.overlaysChanged.emit()
    this.changed.emit()
  }

  private async fill(one: DrawnSegmentation, labelmap: Labelmap): Promise<void> {
    for (const { number, box } of one.segments) {
      if (!box) continue
      labelmap.unpack(number, asBox(box), await drawnApi.voxels(one.id, one.revision, number, box))
    }
  }

  private async fetchBox(id: string, revision: number, segment: number, box: GridBox): Promise<void> {
    const entry = this.entries.get(id)
    if (entry === undefined) return
    entry.labelmap.unpack(segment, box, await drawnApi.voxels(id, revision, segment, box))
    for (let frame = box[0]; frame < box[3]; frame += 1) this.lay(id, segment, frame)
  }

  private lay(id: string, segment: number, frame: number): void {
    const labelmap = this.entries.get(id)?.labelmap
    const values = labelmap?.slice(segment, frame)
    if (!labelmap || !values) return
    const [, rows, columns] = labelmap.grid.shape
    const place = labelmap.placeOf(frame)
    this.viewer.masks.setSlice(drawnMaskId(id, segment), place, values, rows, columns)
    this.viewer.overlaysChanged.emit()
  }
}

const first = (dirty: ReadonlyMap<number, GridBox>): [number, GridBox] | null =>
  [...dirty.entries()][0] ?? null

const oneVoxel = (frame: number): GridBox => [frame, 0, 0, frame + 1, 1, 1]

function asBox(box: readonly number[]): GridBox {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = box
  return [a, b, c, d, e, f]
}
