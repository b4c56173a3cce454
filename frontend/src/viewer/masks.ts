import { maskOutline } from '@/geometry'

/** A binary volume on the grid of its source images: `(slice, row, column)`, one byte each. */
export interface MaskVolume {
  readonly id: string
  readonly values: Uint8Array
  readonly shape: readonly [slices: number, rows: number, columns: number]
  readonly sop_instance_uids: readonly string[]
  /** Frame of each image, from 1. */
  readonly frames: readonly number[]
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
  /** Written beside it, where its colour alone would have to tell it from others. */
  readonly tag: string | null
}

/** One image of a series. */
export interface MaskPlace {
  readonly sop_instance_uid: string
  readonly frame: number
}

/** Masks by id, found per image by SOP Instance UID and frame: exact, never resampled. */
export class MaskStore {
  private readonly volumes = new Map<string, MaskVolume>()
  private readonly slices = new Map<string, MaskSlice | null>()

  set(volume: MaskVolume): void {
    const [slices, rows, columns] = volume.shape
    if (volume.values.length !== slices * rows * columns) {
      throw new RangeError('the mask does not have the size its shape says')
    }
    if (volume.sop_instance_uids.length !== slices || volume.frames.length !== slices) {
      throw new RangeError('the mask does not name one image per slice')
    }
    this.volumes.set(volume.id, volume)
  }

  /** One slice of a mask that is kept elsewhere (a segment that is being painted). */
  setSlice(id: string, place: MaskPlace, values: Uint8Array, rows: number, columns: number): void {
    const isEmpty = !values.some((value) => value !== 0)
    const key = `${id}|${place.sop_instance_uid}|${place.frame}`
    const outline = isEmpty ? null : maskOutline(values, columns, rows)
    this.slices.set(key, outline && { values, rows, columns, outline })
  }

  has(id: string): boolean {
    return this.volumes.has(id)
  }

  volumeOf(id: string): MaskVolume | null {
    return this.volumes.get(id) ?? null
  }

  remove(id: string): void {
    this.volumes.delete(id)
    for (const key of [...this.slices.keys()]) if (key.startsWith(`${id}|`)) this.slices.delete(key)
  }

  /** The mask on one image, or null where it has no voxel. */
  sliceOf(id: string, place: MaskPlace): MaskSlice | null {
    const key = `${id}|${place.sop_instance_uid}|${place.frame}`
    const known = this.slices.get(key)
    if (known !== undefined) return known
    const volume = this.volumes.get(id)
    if (volume === undefined) return null
    const slice = cut(volume, place)
    this.slices.set(key, slice)
    return slice
  }

  /** The image with most mask voxels, for jumping there. */
  fullestImage(id: string): MaskPlace | null {
    const volume = this.volumes.get(id)
    if (volume === undefined) return null
    const [, rows, columns] = volume.shape
    let best: MaskPlace | null = null
    let most = 0
    volume.sop_instance_uids.forEach((sop_instance_uid, index) => {
      const values = volume.values.subarray(index * rows * columns, (index + 1) * rows * columns)
      const count = values.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0)
      if (count <= most) return
      most = count
      best = { sop_instance_uid, frame: volume.frames[index] ?? 1 }
    })
    return best
  }
}

function cut(volume: MaskVolume, place: MaskPlace): MaskSlice | null {
  const index = volume.sop_instance_uids.findIndex(
    (uid, at) => uid === place.sop_instance_uid && volume.frames[at] === place.frame,
  )
  if (index < 0) return null
  const [, rows, columns] = volume.shape
  const values = volume.values.subarray(index * rows * columns, (index + 1) * rows * columns)
  if (!values.some((value) => value !== 0)) return null
  return { values, rows, columns, outline: maskOutline(values, columns, rows) }
}
