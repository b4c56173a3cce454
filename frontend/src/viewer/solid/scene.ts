import {
  add,
  cross,
  dot,
  gridCentre_lps,
  indexAxes,
  length,
  mmPerPixel,
  negate,
  normalize,
  patientToVoxel,
  scale,
  screenAxes,
  subtract,
  type CanvasSize,
  type PlaneCamera,
  type Vec3,
  type VolumeGrid,
} from '@/geometry'

import type { Cloud } from './cloud'
import type { SurfaceMesh } from './surfaceNets'

/** One mask in 3D. */
export interface Surface {
  readonly id: string
  readonly mesh: SurfaceMesh
  /** Red, green, blue, 0 to 1. */
  readonly colour: Vec3
  readonly unreviewed: boolean
  readonly opacity: number
}

export interface Scene {
  readonly camera: PlaneCamera
  readonly canvas: CanvasSize
  readonly grid: VolumeGrid
  readonly cloud: Cloud | null
  readonly surfaces: readonly Surface[]
}

/** A camera as the programs take it. All vectors in patient space unless named otherwise. */
export interface Rays {
  readonly right: Vec3
  readonly up: Vec3
  /** From the eye into the patient. */
  readonly away: Vec3
  readonly focal: Vec3
  readonly centre: Vec3
  readonly half_mm: readonly [number, number]
  /** Half of the depth that is drawn, about the middle of the volume. */
  readonly reach_mm: number
}

export function raysOf({ camera, canvas, grid }: Pick<Scene, 'camera' | 'canvas' | 'grid'>): Rays {
  const { right, up } = screenAxes(camera)
  const mm = mmPerPixel(camera, canvas)
  const corner = [grid.column_mm, grid.row_mm, grid.slice_mm].map(
    (edge, axis) => length(edge) * (grid.size[axis] ?? 1),
  )
  return {
    right,
    up,
    away: negate(normalize(camera.view_plane_normal)),
    focal: camera.focal_point_lps,
    centre: gridCentre_lps(grid),
    half_mm: [(canvas.width * mm) / 2, (canvas.height * mm) / 2],
    // Surfaces may reach beyond the volume, up to its own size.
    reach_mm: Math.hypot(...corner),
  }
}

/** The same rays in the coordinates of a texture, 0 to 1 over the outer faces of its voxels. */
export function raysInTexture(rays: Rays, grid: VolumeGrid) {
  const axes = indexAxes(grid)
  const direction = (vector: Vec3): Vec3 => [
    dot(vector, axes[0]) / grid.size[0],
    dot(vector, axes[1]) / grid.size[1],
    dot(vector, axes[2]) / grid.size[2],
  ]
  const depth = dot(subtract(rays.centre, rays.focal), rays.away)
  const [i, j, k] = patientToVoxel(grid, add(rays.focal, scale(rays.away, depth)))
  const start: Vec3 = [
    (i + 0.5) / grid.size[0],
    (j + 0.5) / grid.size[1],
    (k + 0.5) / grid.size[2],
  ]
  return {
    start,
    along_right: scale(direction(rays.right), rays.half_mm[0]),
    along_up: scale(direction(rays.up), rays.half_mm[1]),
    along_mm: direction(rays.away),
    // How much a step of one voxel along an index is in patient space (covariant).
    gradients: axes,
    voxel: [1 / grid.size[0], 1 / grid.size[1], 1 / grid.size[2]] as Vec3,
  }
}

/** The nearest point of the surfaces on a ray from the eye, or null (Möller and Trumbore, 1997). */
export function firstOnSurfaces(
  surfaces: readonly Surface[],
  through: Vec3,
  away: Vec3,
): Vec3 | null {
  let nearest = Infinity
  for (const { mesh } of surfaces) {
    const { positions: p, triangles } = mesh
    const vertex = (at: number): Vec3 => [(p[at * 3] ?? 0), (p[at * 3 + 1] ?? 0), (p[at * 3 + 2] ?? 0)]
    for (let t = 0; t < triangles.length; t += 3) {
      const a = vertex((triangles[t] ?? 0))
      const u = subtract(vertex((triangles[t + 1] ?? 0)), a)
      const v = subtract(vertex((triangles[t + 2] ?? 0)), a)
      const h = cross(away, v)
      const determinant = dot(u, h)
      if (Math.abs(determinant) < 1e-12) continue
      const s = subtract(through, a)
      const first = dot(s, h) / determinant
      if (first < 0 || first > 1) continue
      const q = cross(s, u)
      const second = dot(away, q) / determinant
      if (second < 0 || first + second > 1) continue
      nearest = Math.min(nearest, dot(v, q) / determinant)
    }
  }
  return nearest === Infinity ? null : add(through, scale(away, nearest))
}
