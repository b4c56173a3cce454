import type { Vec3, VolumeGrid } from '@/geometry'

import type { MaskStore, MaskVolume } from '../masks'
import type { ShownMask } from '../overlay/maskPainter'
import type { StackView } from '../stackView'
import type { Viewer } from '../viewer'
import { maskOnStack, pageMesher } from './mesher'
import type { Surface } from './scene'
import type { SurfaceMesh } from './surfaceNets'

interface Made {
  readonly grid: VolumeGrid
  mesh: SurfaceMesh | null
}

/** Of each mask the surface on the stack where it was asked for last; a changed mask is another volume. */
const made = new WeakMap<MaskVolume, Made>()

const SHELL_OPACITY = 0.34

/** Hands the masks that a viewer shows to the 3D picture of a view. */
export function showSurfaces(view: StackView, viewer: Viewer): void {
  if (view.state.reformat?.kind !== 'solid') return
  const again = (): void => showSurfaces(view, viewer)
  view.planes.solid.setSurfaces(surfacesFor(view, viewer.masks, viewer.visibleMasks, again))
}

/** The surfaces of the masks that lie on the stack of a view; what is still being made follows. */
export function surfacesFor(
  view: StackView,
  store: MaskStore,
  masks: readonly ShownMask[],
  arrived: () => void,
): Surface[] {
  const found = masks.flatMap((mask) => {
    const mesh = meshOf(view, store.volumeOf(mask.id), arrived)
    if (mesh === null || mesh.triangles.length === 0) return []
    return [{ id: mask.id, mesh, colour: rgbOf(mask.colour), unreviewed: mask.unreviewed }]
  })
  const boxes = found.map(({ mesh }) => boxOf(mesh))
  return found
    .map((surface, at) => {
      const isShell = boxes.some((box, other) => other !== at && holds(boxes[at], box))
      return { ...surface, opacity: isShell ? SHELL_OPACITY : 1 }
    })
    .sort((a, b) => b.mesh.triangles.length - a.mesh.triangles.length)
}

/** For support and tests: how large a surface is, and what it took to make. */
export const describeSurface = ({ id, mesh, opacity, unreviewed }: Surface): unknown => ({
  id,
  opacity,
  unreviewed,
  triangles: mesh.triangles.length / 3,
  took_ms: times.get(mesh) ?? null,
})

const times = new WeakMap<SurfaceMesh, number>()

function meshOf(view: StackView, volume: MaskVolume | null, arrived: () => void): SurfaceMesh | null {
  const { grid } = view.planes
  const { stack } = view
  const { series } = view.state
  if (volume === null || grid === null || stack === null || series === null) return null
  const known = made.get(volume)
  if (known?.grid === grid) return known.mesh
  const entry: Made = { grid, mesh: null }
  made.set(volume, entry)
  const mask = maskOnStack(volume, series, stack, grid)
  if (mask === null) return null
  const begun = performance.now()
  pageMesher()
    .make(mask)
    .then(
      (mesh) => {
        entry.mesh = mesh
        times.set(mesh, performance.now() - begun)
        arrived()
      },
      // The next change of the picture asks again.
      () => made.delete(volume),
    )
  return null
}

interface Box {
  readonly low: Vec3
  readonly high: Vec3
}

const boxes = new WeakMap<SurfaceMesh, Box>()

function boxOf(mesh: SurfaceMesh): Box {
  const known = boxes.get(mesh)
  if (known !== undefined) return known
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  mesh.positions.forEach((value, n) => {
    const axis = n % 3
    if (value < (low[axis] ?? 0)) low[axis] = value
    if (value > (high[axis] ?? 0)) high[axis] = value
  })
  const box = { low: low as unknown as Vec3, high: high as unknown as Vec3 }
  boxes.set(mesh, box)
  return box
}

const holds = (outer: Box | undefined, inner: Box): boolean =>
  outer !== undefined &&
  ([0, 1, 2] as const).every(
    (axis) => outer.low[axis] <= inner.low[axis] && outer.high[axis] >= inner.high[axis],
  )

let reader: CanvasRenderingContext2D | null = null

/** Any colour that a canvas understands, as it would be drawn. */
function rgbOf(colour: string): Vec3 {
  reader ??= document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  if (reader === null) return [1, 1, 1]
  reader.fillStyle = colour
  reader.fillRect(0, 0, 1, 1)
  const [red = 255, green = 255, blue = 255] = reader.getImageData(0, 0, 1, 1).data
  return [red / 255, green / 255, blue / 255]
}
