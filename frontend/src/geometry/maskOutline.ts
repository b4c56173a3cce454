/**
 * The exact outline of a binary mask slice: the pixel edges between inside and outside.
 *
 * Returned as a flat list `x0 y0 x1 y1 …` of segments in image coordinates (pixel centres at whole
 * numbers, so every edge lies at a half). Runs are merged along rows and columns.
 */
export function maskOutline(mask: Uint8Array, columns: number, rows: number): Float32Array {
  const segments: number[] = []
  const at = (column: number, row: number): boolean =>
    column >= 0 && row >= 0 && column < columns && row < rows && mask[row * columns + column] !== 0
  for (let row = 0; row <= rows; row += 1) {
    let start = -1
    for (let column = 0; column <= columns; column += 1) {
      const edge = column < columns && at(column, row) !== at(column, row - 1)
      if (edge && start < 0) start = column
      if (!edge && start >= 0) {
        segments.push(start - 0.5, row - 0.5, column - 0.5, row - 0.5)
        start = -1
      }
    }
  }
  for (let column = 0; column <= columns; column += 1) {
    let start = -1
    for (let row = 0; row <= rows; row += 1) {
      const edge = row < rows && at(column, row) !== at(column - 1, row)
      if (edge && start < 0) start = row
      if (!edge && start >= 0) {
        segments.push(column - 0.5, start - 0.5, column - 0.5, row - 0.5)
        start = -1
      }
    }
  }
  return Float32Array.from(segments)
}
