import { voxelToPatient, type VolumeGrid } from '@/geometry'

import type { SeriesDescription } from '../frames'
import type { MaskVolume } from '../masks'
import type { StackDescription } from '../stacks'
import { surfaceOf, type BinaryMask, type SurfaceMesh } from './surfaceNets'

export interface MeshOrder {
  readonly job: number
  readonly mask: BinaryMask
}

export type MeshAnswer =
  | { readonly job: number; readonly mesh: SurfaceMesh }
  | { readonly job: number; readonly error: string }

/**
 * A mask on the lattice of its own stack, from its first slice to its last; null where it does not
 * lie on that stack. Slices it does not name are empty.
 */
export function maskOnStack(
  mask: MaskVolume,
  series: SeriesDescription,
  stack: StackDescription,
  grid: VolumeGrid,
): BinaryMask | null {
  const [, rows, columns] = mask.shape
  if (columns !== grid.size[0] || rows !== grid.size[1]) return null
  const places = new Map(
    series.frames
      .slice(stack.start, stack.start + stack.count)
      .map((frame, at): [string, number] => [`${frame.sop_instance_uid}|${frame.frame}`, at]),
  )
  const found = mask.sop_instance_uids.map(
    (uid, slice) => places.get(`${uid}|${mask.frames[slice]}`) ?? -1,
  )
  const known = found.filter((at) => at >= 0)
  if (known.length === 0) return null
  const [first, last] = [Math.min(...known), Math.max(...known)]
  const size = rows * columns
  const values = new Uint8Array(size * (last - first + 1))
  found.forEach((at, slice) => {
    if (at >= 0) values.set(mask.values.subarray(slice * size, (slice + 1) * size), (at - first) * size)
  })
  const origin_lps = voxelToPatient(grid, [0, 0, first])
  return { values, grid: { ...grid, origin_lps, size: [columns, rows, last - first + 1] } }
}

/** Makes surfaces beside the page. */
class Mesher {
  private readonly worker =
    typeof Worker === 'undefined'
      ? null
      : new Worker(new URL('./meshWorker.ts', import.meta.url), { type: 'module' })
  private readonly waiting = new Map<
    number,
    { done: (mesh: SurfaceMesh) => void; failed: (error: Error) => void }
  >()
  private jobs = 0

  constructor() {
    if (this.worker === null) return
    this.worker.onmessage = ({ data }: MessageEvent<MeshAnswer>) => {
      const one = this.waiting.get(data.job)
      this.waiting.delete(data.job)
      if ('error' in data) one?.failed(new Error(data.error))
      else one?.done(data.mesh)
    }
    this.worker.onerror = () => {
      for (const { failed } of this.waiting.values()) failed(new Error('the mesher has failed'))
      this.waiting.clear()
    }
  }

  make(mask: BinaryMask): Promise<SurfaceMesh> {
    const { worker } = this
    if (worker === null) return Promise.resolve(surfaceOf(mask))
    this.jobs += 1
    const job = this.jobs
    return new Promise((done, failed) => {
      this.waiting.set(job, { done, failed })
      worker.postMessage({ job, mask } satisfies MeshOrder, [mask.values.buffer])
    })
  }
}

let shared: Mesher | null = null

export function pageMesher(): Pick<Mesher, 'make'> {
  shared ??= new Mesher()
  return shared
}
