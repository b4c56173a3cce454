import {
  cameraPlane,
  onPlane,
  type CanvasSize,
  type ImagePlane,
  type RigidMatrix,
} from '@/geometry'

import type { ViewState } from '../viewState'
import type { PlaneRequest } from './feed'
import { projectionPlane, transformedPlane } from './reformat'
import type { LayerRequest } from './sampler'
import type { HeldVolume } from './shelf'

interface PlaneWish {
  readonly state: Pick<ViewState, 'camera' | 'reformat' | 'fusion'>
  /** Plane of the image below, where no plane was asked for. */
  readonly image: ImagePlane | null
  readonly canvas: CanvasSize
  readonly pixels_per_css: number
  readonly base: HeldVolume | null
  /** How positions here lie in the second volume's frame of reference; null: as they are. */
  readonly fused: { readonly volume: HeldVolume; readonly matrix: RigidMatrix | null } | null
}

/** What is to be sampled for a viewport, or null while it has nothing to sample. */
export function planeRequest(wish: PlaneWish): PlaneRequest | null {
  const { camera, reformat, fusion } = wish.state
  if (camera === null) return null
  if (reformat?.kind === 'solid') return null
  if (reformat?.kind === 'rotation') return wish.base && projectionRequest(wish.base, wish)
  const plane =
    reformat === null
      ? wish.image && cameraPlane(onPlane(camera, wish.image), wish.canvas, wish.pixels_per_css)
      : cameraPlane(camera, wish.canvas, wish.pixels_per_css)
  if (plane === null || (reformat !== null && wish.base === null)) return null
  const thickness_mm = reformat?.slab_mm ?? 0
  const slab =
    reformat && thickness_mm > 0 ? { thickness_mm, projection: reformat.projection } : null
  const layers: LayerRequest[] = []
  if (reformat && wish.base) layers.push({ volume: wish.base.id, plane, slab })
  if (fusion && wish.fused) {
    const { volume, matrix } = wish.fused
    layers.push({ volume: volume.id, plane: matrix ? transformedPlane(plane, matrix) : plane, slab })
  }
  if (layers.length === 0) return null
  return { key: JSON.stringify(layers), plane, layers, keep: false }
}

/** Through the whole volume, on its own lattice: moving the picture then asks for nothing anew. */
function projectionRequest(base: HeldVolume, { state }: PlaneWish): PlaneRequest | null {
  if (state.camera === null || state.reformat === null) return null
  const { plane, thickness_mm } = projectionPlane(base.grid, state.camera)
  const { projection } = state.reformat
  const layers = [{ volume: base.id, plane, slab: { thickness_mm, projection } }]
  return { key: JSON.stringify(layers), plane, layers, keep: true }
}
