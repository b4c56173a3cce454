import { maskOutline } from '@/geometry'

/** A binary volume on the grid of its source images: `(slice, row, column)`, one byte each. */
export interface MaskVolume {
  readonly id: string
  readonly values: Uint8Array
  readonly shape: readonly [slices: number, rows: number, columns: number]
  readonly sop_instance_uids: readonly string[]
}

export interface MaskSlice {
  readonly values: Uint8Array
  readonly rows: number
  readonly columns: number
  /** Pixel edges between inside and outside, image coordinates. */
  readonly outline: Float32Array
}

export interface MaskStyle {
  readonly colour: string
  /** Nobody has reviewed it: hatched, and said in words. */
  readonly unreviewed: boolean
}

/** Masks by id, found per image by SOP Instance UID: exact on the source grid, never resampled. */
export class MaskStore {
  private readonly volumes = new Map<string, MaskVolume>()
  private readonly slices = new Map<string, MaskSlice | null>()

  set(volume: MaskVolume): void {
    const [slices, rows, columns] = volume.shape
    if (volume.values.length !== slices * rows * columns) {
      throw new RangeError('the mask does not have the size its shape says')
    }
    if (volume.sop_instance_uids.length !== slices) {
      throw new RangeError('the mask does not name one image per slice')
    }
    this.volumes.set(volume.id, volume)
  }

  has(id: string): boolean {
    return this.volumes.has(id)
  }

  remove(id: string): void {
    this.volumes.delete(id)
    for (const key of [...this.slices.keys()]) if (key.startsWith(`${id}|`)) this.slices.delete(key)
  }

  /** The mask on one image, or null where it has no voxel. */
  sliceOf(id: string, sop_instance_uid: string): MaskSlice | null {
    const key = `${id}|${sop_instance_uid}`
    const known = this.slices.get(key)
    if (known !== undefined) return known
    const volume = this.volumes.get(id)
    if (volume === undefined) return null
    const slice = cut(volume, sop_instance_uid)
    this.slices.set(key, slice)
    return slice
  }

  /** SOP Instance UID of the image with most mask voxels, for jumping to a finding. */
  fullestImage(id: string): string | null {
    const volume = this.volumes.get(id)
    if (volume === undefined) return null
    const [, rows, columns] = volume.shape
    let best: string | null = null
    let most = 0
    volume.sop_instance_uids.forEach((uid, index) => {
      const values = volume.values.subarray(index * rows * columns, (index + 1) * rows * columns)
      const count = values.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0)
      if (count > most) [most, best] = [count, uid]
    })
    return best
  }
}

function cut(volume: MaskVolume, sop_instance_uid: string): MaskSlice | null {
  const index = volume.sop_instance_uids.indexOf(sop_instance_uid)
  if (index < 0) return null
  const [, rows, columns] = volume.shape
  const values = volume.values.subarray(index * rows * columns, (index + 1) * rows * columns)
  if (!values.some((value) => value !== 0)) return null
  return { values, rows, columns, outline: maskOutline(values, columns, rows) }
}
