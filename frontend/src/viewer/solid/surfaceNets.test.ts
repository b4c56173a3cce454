import { describe, expect, it } from 'vitest'

import { normalize, patientToVoxel, voxelToPatient, type Vec3, type VolumeGrid } from '@/geometry'

import { surfaceOf, type SurfaceMesh } from './surfaceNets'

const STRAIGHT: VolumeGrid = {
  origin_lps: [-30, -30, -30],
  column_mm: [1, 0, 0],
  row_mm: [0, 1, 0],
  slice_mm: [0, 0, 1],
  size: [61, 61, 61],
}
const c = Math.cos(0.5)
const s = Math.sin(0.5)
const OBLIQUE: VolumeGrid = {
  origin_lps: [12, -40, 77],
  column_mm: [0.8 * c, 0.8 * s, 0],
  row_mm: [-0.8 * s, 0.8 * c, 0],
  slice_mm: [0, 0, 1.5],
  size: [80, 80, 44],
}
/** Slices from head to feet: a left-handed lattice. */
const MIRRORED: VolumeGrid = { ...STRAIGHT, origin_lps: [-30, -30, 30], slice_mm: [0, 0, -1] }

function ball(grid: VolumeGrid, centre: Vec3, radius_mm: number): Uint8Array {
  const [ni, nj, nk] = grid.size
  const values = new Uint8Array(ni * nj * nk)
  for (let k = 0, at = 0; k < nk; k += 1)
    for (let j = 0; j < nj; j += 1)
      for (let i = 0; i < ni; i += 1, at += 1) {
        const p = voxelToPatient(grid, [i, j, k])
        const far = Math.hypot(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2])
        if (far <= radius_mm) values[at] = 1
      }
  return values
}

const vertex = ({ positions }: SurfaceMesh, at: number): Vec3 => [
  positions[at * 3] ?? NaN,
  positions[at * 3 + 1] ?? NaN,
  positions[at * 3 + 2] ?? NaN,
]

/** Signed volume by the divergence theorem, positive where triangles look outward; and area. */
function measured(mesh: SurfaceMesh): { volume: number; area: number } {
  let [volume, area] = [0, 0]
  for (let t = 0; t < mesh.triangles.length; t += 3) {
    const [a, b, d] = [0, 1, 2].map((n) => vertex(mesh, mesh.triangles[t + n] ?? 0)) as [Vec3, Vec3, Vec3]
    const n: Vec3 = [
      (b[1] - a[1]) * (d[2] - a[2]) - (b[2] - a[2]) * (d[1] - a[1]),
      (b[2] - a[2]) * (d[0] - a[0]) - (b[0] - a[0]) * (d[2] - a[2]),
      (b[0] - a[0]) * (d[1] - a[1]) - (b[1] - a[1]) * (d[0] - a[0]),
    ]
    volume += (a[0] * n[0] + a[1] * n[1] + a[2] * n[2]) / 6
    area += Math.hypot(...n) / 2
  }
  return { volume, area }
}

function openEdges({ triangles }: SurfaceMesh): number {
  const seen = new Map<string, number>()
  for (let t = 0; t < triangles.length; t += 3)
    for (let n = 0; n < 3; n += 1) {
      const [a, b] = [triangles[t + n] ?? 0, triangles[t + ((n + 1) % 3)] ?? 0]
      const key = a < b ? `${a}-${b}` : `${b}-${a}`
      seen.set(key, (seen.get(key) ?? 0) + (a < b ? 1 : -1))
    }
  return [...seen.values()].filter((balance) => balance !== 0).length
}

describe('the surface of a mask', () => {
  it.each([
    ['an even grid', STRAIGHT, [0.3, -0.2, 0.1] as Vec3],
    ['an oblique grid of flat voxels', OBLIQUE, voxelToPatient(OBLIQUE, [40, 39.6, 21.7])],
    ['slices from head to feet', MIRRORED, [0.3, -0.2, 0.1] as Vec3],
  ])('of a ball on %s has its volume, its area and its place', (_, grid, centre) => {
    const radius = 22
    const mesh = surfaceOf({ values: ball(grid, centre, radius), grid })
    const { volume, area } = measured(mesh)
    expect(Math.abs(volume / ((4 / 3) * Math.PI * radius ** 3) - 1)).toBeLessThan(0.015)
    expect(Math.abs(area / (4 * Math.PI * radius ** 2) - 1)).toBeLessThan(0.02)
    expect(openEdges(mesh)).toBe(0)
    let straight = 0
    const count = mesh.positions.length / 3
    for (let at = 0; at < count; at += 1) {
      const p = vertex(mesh, at)
      const out: Vec3 = [p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]]
      expect(Math.abs(Math.hypot(...out) - radius)).toBeLessThan(1)
      const [x, y, z] = normalize(out)
      const along = x * (mesh.normals[at * 3] ?? 0) + y * (mesh.normals[at * 3 + 1] ?? 0) + z * (mesh.normals[at * 3 + 2] ?? 0)
      expect(along).toBeGreaterThan(0.75)
      straight += along / count
    }
    expect(straight).toBeGreaterThan(0.985)
  })

  it('is closed where the mask ends at the border of the grid, and where voxels touch by an edge', () => {
    const grid: VolumeGrid = { ...STRAIGHT, size: [4, 4, 4] }
    const values = new Uint8Array(64).fill(1)
    values[21] = 0
    values[22] = 0
    values[42] = 0
    const mesh = surfaceOf({ values, grid })
    expect(mesh.triangles.length).toBeGreaterThan(0)
    expect(openEdges(mesh)).toBe(0)
    expect(measured(mesh).volume).toBeGreaterThan(40)
  })

  it('of nothing is empty, of one voxel lies around it', () => {
    const values = new Uint8Array(61 ** 3)
    expect(surfaceOf({ values, grid: STRAIGHT }).triangles).toHaveLength(0)
    values[(10 * 61 + 20) * 61 + 30] = 1
    const mesh = surfaceOf({ values, grid: STRAIGHT })
    const [i, j, k] = patientToVoxel(STRAIGHT, vertex(mesh, 0))
    expect(Math.max(Math.abs(i - 30), Math.abs(j - 20), Math.abs(k - 10))).toBeLessThan(1)
    expect(openEdges(mesh)).toBe(0)
  })

  it('of a liver of five million voxels is made whole', () => {
    const grid: VolumeGrid = { ...STRAIGHT, origin_lps: [0, 0, 0], size: [300, 260, 140] }
    const values = new Uint8Array(300 * 260 * 140)
    let voxels = 0
    for (let k = 0, at = 0; k < 140; k += 1)
      for (let j = 0; j < 260; j += 1)
        for (let i = 0; i < 300; i += 1, at += 1) {
          const wave = 1 + 0.08 * Math.sin(i / 9) * Math.cos(j / 11)
          const far = ((i - 150) / 145) ** 2 + ((j - 130) / 125) ** 2 + ((k - 70) / 66) ** 2
          if (far > wave) continue
          values[at] = 1
          voxels += 1
        }
    const mesh = surfaceOf({ values, grid })
    expect(mesh.triangles.length).toBeGreaterThan(1_000_000)
    expect(voxels).toBeGreaterThan(4_500_000)
    expect(Math.abs(measured(mesh).volume / voxels - 1)).toBeLessThan(0.002)
  }, 30_000)
})
