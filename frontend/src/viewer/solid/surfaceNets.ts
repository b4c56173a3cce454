import { cross, dot, voxelToPatient, type VolumeGrid } from '@/geometry'

/** A closed surface in patient space. */
export interface SurfaceMesh {
  /** LPS millimetres, three numbers a vertex. */
  readonly positions: Float32Array
  /** Outward, of length one. */
  readonly normals: Float32Array
  /** Three a triangle, anticlockwise seen from outside. */
  readonly triangles: Uint32Array
}

export interface BinaryMask {
  readonly values: Uint8Array
  readonly grid: VolumeGrid
}

/** Taubin's two steps (1995): one flattens, the other gives back what the first has shrunk. */
const FLATTEN = 0.5
const INFLATE = -0.53
const ROUNDS = 10

/**
 * Surface nets (Gibson 1998): one vertex for each cell of eight voxels that the surface crosses, one
 * quad for each edge between a voxel inside and one outside. Every quad edge has its opposite, so the
 * surface is closed; voxels at the border of the grid have nothing beyond them.
 */
export function surfaceOf({ values, grid }: BinaryMask): SurfaceMesh {
  const { places, quads } = net(values, grid)
  smooth(places, quads)
  const positions = toPatient(places, grid)
  const isMirrored = dot(grid.column_mm, cross(grid.row_mm, grid.slice_mm)) < 0
  const triangles = trianglesOf(quads, isMirrored)
  return { positions, triangles, normals: normalsOf(positions, triangles) }
}

interface Net {
  /** Voxel indices, fractional. */
  readonly places: Float32Array
  /** Four vertices each, anticlockwise seen from outside in a right-handed lattice. */
  readonly quads: Uint32Array
}

function net(values: Uint8Array, { size }: VolumeGrid): Net {
  const [ni, nj, nk] = size
  const box = boundsOf(values, ni, nj, nk)
  if (box === null) return { places: new Float32Array(), quads: new Uint32Array() }
  // A copy with an empty border, so that no index needs a check.
  const [wi, wj, wk] = [box.i1 - box.i0 + 3, box.j1 - box.j0 + 3, box.k1 - box.k0 + 3]
  const plane = wi * wj
  const inside = new Uint8Array(plane * wk)
  for (let k = box.k0; k <= box.k1; k += 1)
    for (let j = box.j0; j <= box.j1; j += 1) {
      const from = (k * nj + j) * ni
      const to = (k - box.k0 + 1) * plane + (j - box.j0 + 1) * wi + 1
      for (let i = box.i0; i <= box.i1; i += 1)
        if (values[from + i] !== 0) inside[to + i - box.i0] = 1
    }
  const vertexOf = new Int32Array(plane * wk).fill(-1)
  const columnAt = (at: number): number =>
    (inside[at] ?? 0) |
    ((inside[at + wi] ?? 0) << 2) |
    ((inside[at + plane] ?? 0) << 4) |
    ((inside[at + plane + wi] ?? 0) << 6)
  const places = new Growing(Float32Array)
  for (let k = 0; k < wk - 1; k += 1)
    for (let j = 0; j < wj - 1; j += 1) {
      let cell = k * plane + j * wi
      let left = columnAt(cell)
      for (let i = 0; i < wi - 1; i += 1, cell += 1) {
        // Two columns of four voxels; the second is the next cell's first.
        const right = columnAt(cell + 1)
        const bits = left | (right << 1)
        left = right
        if (bits === 0 || bits === 255) continue
        vertexOf[cell] = places.length / 3
        const [x, y, z] = MIDDLES[bits] ?? [0.5, 0.5, 0.5]
        places.push3(i - 1 + box.i0 + x, j - 1 + box.j0 + y, k - 1 + box.k0 + z)
      }
    }
  const quads = new Growing(Uint32Array)
  const edge = (at: number, here: number, u: number, v: number): void => {
    const [a, b, c, d] = [at - u - v, at - v, at, at - u]
    if (here === 1) quads.push4((vertexOf[a] ?? 0), (vertexOf[b] ?? 0), (vertexOf[c] ?? 0), (vertexOf[d] ?? 0))
    else quads.push4((vertexOf[d] ?? 0), (vertexOf[c] ?? 0), (vertexOf[b] ?? 0), (vertexOf[a] ?? 0))
  }
  // The last plane is border, so nothing is crossed beyond it.
  for (let at = 0, end = inside.length - plane; at < end; at += 1) {
    const here = (inside[at] ?? 0)
    if (here !== (inside[at + 1] ?? 0)) edge(at, here, wi, plane)
    if (here !== (inside[at + wi] ?? 0)) edge(at, here, plane, 1)
    if (here !== (inside[at + plane] ?? 0)) edge(at, here, 1, wi)
  }
  return { places: places.done(), quads: quads.done() }
}

/** For each pattern of eight voxels: the mean of the middles of the edges that are crossed. */
const MIDDLES: readonly (readonly [number, number, number])[] = Array.from({ length: 256 }, (_, bits) => {
  const sum = [0, 0, 0]
  let count = 0
  for (let a = 0; a < 8; a += 1)
    for (const bit of [1, 2, 4]) {
      const b = a | bit
      if (b === a || ((bits >> a) & 1) === ((bits >> b) & 1)) continue
      count += 1
      for (let axis = 0; axis < 3; axis += 1)
        sum[axis] = (sum[axis] ?? 0) + (((a >> axis) & 1) + ((b >> axis) & 1)) / 2
    }
  const mean = (axis: number): number => (sum[axis] ?? 0) / Math.max(1, count)
  return [mean(0), mean(1), mean(2)]
})

function boundsOf(values: Uint8Array, ni: number, nj: number, nk: number) {
  const box = { i0: ni, i1: -1, j0: nj, j1: -1, k0: nk, k1: -1 }
  for (let k = 0, at = 0; k < nk; k += 1)
    for (let j = 0; j < nj; j += 1)
      for (let i = 0; i < ni; i += 1, at += 1) {
        if (values[at] === 0) continue
        if (i < box.i0) box.i0 = i
        if (i > box.i1) box.i1 = i
        if (j < box.j0) box.j0 = j
        if (j > box.j1) box.j1 = j
        if (k < box.k0) box.k0 = k
        box.k1 = k
      }
  return box.i1 < 0 ? null : box
}

function smooth(places: Float32Array, quads: Uint32Array): void {
  const count = places.length / 3
  const sums = new Float32Array(places.length)
  const degrees = new Uint16Array(count)
  // Each edge is met twice, once in either direction: its two ends each hear of the other once.
  for (let n = 0; n < quads.length; n += 1) degrees[quads[n] ?? 0] = (degrees[quads[n] ?? 0] ?? 0) + 1
  const gather = (to: number, from: number): void => {
    sums[to * 3] = (sums[to * 3] ?? 0) + (places[from * 3] ?? 0)
    sums[to * 3 + 1] = (sums[to * 3 + 1] ?? 0) + (places[from * 3 + 1] ?? 0)
    sums[to * 3 + 2] = (sums[to * 3 + 2] ?? 0) + (places[from * 3 + 2] ?? 0)
  }
  for (let round = 0; round < ROUNDS * 2; round += 1) {
    const by = round % 2 === 0 ? FLATTEN : INFLATE
    sums.fill(0)
    for (let q = 0; q < quads.length; q += 4)
      for (let corner = 0; corner < 4; corner += 1) {
        const a = quads[q + corner] ?? 0
        gather(a, quads[q + ((corner + 1) & 3)] ?? 0)
      }
    for (let vertex = 0; vertex < count; vertex += 1) {
      const degree = Math.max(1, degrees[vertex] ?? 1)
      for (let n = vertex * 3; n < vertex * 3 + 3; n += 1) {
        const here = places[n] ?? 0
        places[n] = here + by * ((sums[n] ?? 0) / degree - here)
      }
    }
  }
}

function toPatient(places: Float32Array, grid: VolumeGrid): Float32Array {
  const out = new Float32Array(places.length)
  for (let n = 0; n < places.length; n += 3) {
    const point = voxelToPatient(grid, [places[n] ?? 0, places[n + 1] ?? 0, places[n + 2] ?? 0])
    out.set(point, n)
  }
  return out
}

function trianglesOf(quads: Uint32Array, isMirrored: boolean): Uint32Array {
  const out = new Uint32Array((quads.length / 4) * 6)
  const order = isMirrored ? [0, 2, 1, 0, 3, 2] : [0, 1, 2, 0, 2, 3]
  for (let q = 0, t = 0; q < quads.length; q += 4)
    for (const corner of order) {
      out[t] = quads[q + corner] ?? 0
      t += 1
    }
  return out
}

function normalsOf(positions: Float32Array, triangles: Uint32Array): Float32Array {
  const normals = new Float32Array(positions.length)
  const p = positions
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [(triangles[t] ?? 0) * 3, (triangles[t + 1] ?? 0) * 3, (triangles[t + 2] ?? 0) * 3]
    const [ux, uy, uz] = [(p[b] ?? 0) - (p[a] ?? 0), (p[b + 1] ?? 0) - (p[a + 1] ?? 0), (p[b + 2] ?? 0) - (p[a + 2] ?? 0)]
    const [vx, vy, vz] = [(p[c] ?? 0) - (p[a] ?? 0), (p[c + 1] ?? 0) - (p[a + 1] ?? 0), (p[c + 2] ?? 0) - (p[a + 2] ?? 0)]
    const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx]
    for (const n of [a, b, c]) {
      normals[n] = (normals[n] ?? 0) + nx
      normals[n + 1] = (normals[n + 1] ?? 0) + ny
      normals[n + 2] = (normals[n + 2] ?? 0) + nz
    }
  }
  for (let n = 0; n < normals.length; n += 3) {
    const size = Math.hypot((normals[n] ?? 0), (normals[n + 1] ?? 0), (normals[n + 2] ?? 0)) || 1
    normals[n] = (normals[n] ?? 0) / size
    normals[n + 1] = (normals[n + 1] ?? 0) / size
    normals[n + 2] = (normals[n + 2] ?? 0) / size
  }
  return normals
}

/** A typed array that doubles when it is full. */
class Growing<T extends Float32Array | Uint32Array> {
  length = 0
  private values: T
  private readonly kind: new (size: number) => T

  constructor(kind: new (size: number) => T) {
    this.kind = kind
    this.values = new kind(1 << 14)
  }

  push3(a: number, b: number, c: number): void {
    this.reserve(3)
    this.values[this.length] = a
    this.values[this.length + 1] = b
    this.values[this.length + 2] = c
    this.length += 3
  }

  push4(a: number, b: number, c: number, d: number): void {
    this.reserve(4)
    this.values[this.length] = a
    this.values[this.length + 1] = b
    this.values[this.length + 2] = c
    this.values[this.length + 3] = d
    this.length += 4
  }

  done(): T {
    return this.values.slice(0, this.length) as T
  }

  private reserve(more: number): void {
    if (this.length + more <= this.values.length) return
    const grown = new this.kind(this.values.length * 2)
    grown.set(this.values)
    this.values = grown
  }
}
