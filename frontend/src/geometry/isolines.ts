/** Corners of a cell in the order of their bits: top left, top right, bottom right, bottom left. */
const EDGES: Readonly<Record<number, readonly (readonly [Edge, Edge])[]>> = {
  1: [['left', 'top']],
  2: [['top', 'right']],
  3: [['left', 'right']],
  4: [['right', 'bottom']],
  6: [['top', 'bottom']],
  7: [['left', 'bottom']],
  8: [['bottom', 'left']],
  9: [['bottom', 'top']],
  11: [['bottom', 'right']],
  12: [['right', 'left']],
  13: [['right', 'top']],
  14: [['top', 'left']],
}
type Edge = 'top' | 'right' | 'bottom' | 'left'

/** Two opposite corners above: which of them hang together is told by the middle of the cell. */
const SADDLES: Readonly<Record<number, Readonly<Record<'joined' | 'apart', readonly (readonly [Edge, Edge])[]>>>> = {
  5: {
    joined: [['left', 'bottom'], ['right', 'top']],
    apart: [['left', 'top'], ['right', 'bottom']],
  },
  10: {
    joined: [['top', 'left'], ['bottom', 'right']],
    apart: [['top', 'right'], ['bottom', 'left']],
  },
}

/**
 * The lines on which `values` (row by row) has the value `level`, by marching squares with linear
 * interpolation along the edges: `x0, y0, x1, y1` of each piece, whole numbers at samples.
 *
 * A cell with a corner that is not a number has no line: nothing is known of it.
 */
export function isolines(
  values: ArrayLike<number>,
  columns: number,
  rows: number,
  level: number,
): Float32Array {
  const pieces: number[] = []
  for (let y = 0; y + 1 < rows; y += 1) {
    for (let x = 0; x + 1 < columns; x += 1) {
      const at = y * columns + x
      const a = values[at] as number
      const b = values[at + 1] as number
      const c = values[at + columns + 1] as number
      const d = values[at + columns] as number
      const sum = a + b + c + d
      if (sum !== sum) continue
      const kind =
        (a >= level ? 1 : 0) + (b >= level ? 2 : 0) + (c >= level ? 4 : 0) + (d >= level ? 8 : 0)
      if (kind === 0 || kind === 15) continue
      const edges = SADDLES[kind]?.[sum / 4 >= level ? 'joined' : 'apart'] ?? EDGES[kind] ?? []
      for (const [from, to] of edges) {
        pieces.push(...crossing(from, x, y, a, b, c, d, level))
        pieces.push(...crossing(to, x, y, a, b, c, d, level))
      }
    }
  }
  return Float32Array.from(pieces)
}

function crossing(
  edge: Edge,
  x: number,
  y: number,
  a: number,
  b: number,
  c: number,
  d: number,
  level: number,
): [number, number] {
  if (edge === 'top') return [x + (level - a) / (b - a), y]
  if (edge === 'bottom') return [x + (level - d) / (c - d), y + 1]
  if (edge === 'left') return [x, y + (level - a) / (d - a)]
  return [x + 1, y + (level - b) / (c - b)]
}
