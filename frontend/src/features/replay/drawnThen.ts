import { drawnApi } from '@/api/drawn'
import type { Grid } from '@/viewer/brush/labelmap'
import { drawnMaskId } from '@/viewer/stage'
import type { Viewer } from '@/viewer/viewer'

/** A drawn segment at the revision that stood at some time. */
export interface SegmentThen {
  readonly segmentation: string
  readonly segment: number
  readonly revision: number
}

/**
 * Painted voxels as they were. Revisions never change, so each is asked for by its number; where the
 * time moves on before an answer is here, the answer is of no use and is dropped.
 */
export class DrawnThen {
  private readonly grids = new Map<string, Promise<Grid>>()
  /** Revision that a mask has, or is about to have. */
  private readonly wanted = new Map<string, number>()

  constructor(private readonly viewer: Pick<Viewer, 'masks' | 'overlaysChanged'>) {}

  /** Resolves when these are laid over the pictures; rejects where one could not be read. */
  async show(segments: readonly SegmentThen[]): Promise<void> {
    await Promise.all(segments.map((one) => this.lay(one)))
  }

  private async lay({ segmentation, segment, revision }: SegmentThen): Promise<void> {
    const id = drawnMaskId(segmentation, segment)
    if (this.wanted.get(id) === revision) return
    this.wanted.set(id, revision)
    try {
      const grid = await this.gridOf(segmentation)
      const packed = revision > 0 ? await this.voxels(grid, segmentation, segment, revision) : null
      if (this.wanted.get(id) !== revision) return
      const { masks } = this.viewer
      masks.remove(id)
      const [, rows, columns] = grid.shape
      for (const { frame, values } of packed === null ? [] : slicesOf(packed, grid.shape)) {
        const place = {
          sop_instance_uid: grid.sop_instance_uids[frame] ?? '',
          frame: grid.frames[frame] ?? 1,
        }
        masks.setSlice(id, place, values, rows, columns)
      }
      this.viewer.overlaysChanged.emit()
    } catch (error) {
      if (this.wanted.get(id) === revision) this.wanted.delete(id)
      throw error
    }
  }

  private voxels({ shape }: Grid, segmentation: string, segment: number, revision: number) {
    return drawnApi.voxels(segmentation, revision, segment, [0, 0, 0, ...shape])
  }

  private gridOf(segmentation: string): Promise<Grid> {
    const known = this.grids.get(segmentation)
    if (known !== undefined) return known
    const asked = drawnApi.grid(segmentation)
    this.grids.set(segmentation, asked)
    asked.catch(() => this.grids.delete(segmentation))
    return asked
  }
}

/** Frames with a voxel in bits packed frame by frame, row by row, least significant bit first. */
export function* slicesOf(
  packed: Uint8Array,
  [frames, rows, columns]: Grid['shape'],
): Generator<{ frame: number; values: Uint8Array }> {
  const size = rows * columns
  if (packed.length !== Math.ceil((frames * size) / 8)) {
    throw new RangeError('the voxels do not have the size of their grid')
  }
  for (let frame = 0; frame < frames; frame += 1) {
    const [first, end] = [frame * size, (frame + 1) * size]
    if (!packed.subarray(first >> 3, (end + 7) >> 3).some((byte) => byte !== 0)) continue
    const values = new Uint8Array(size)
    for (let at = first; at < end; at += 1) values[at - first] = ((packed[at >> 3] ?? 0) >> (at & 7)) & 1
    // A byte at the edge may belong to the frame beside it.
    if (values.includes(1)) yield { frame, values }
  }
}
