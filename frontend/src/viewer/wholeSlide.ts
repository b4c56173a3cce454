import type { FramePixels, StoredPixels } from './decoding/pixelValues'
import { itemOf, numberOf, sequenceOf, textOf, type DicomDataset } from './dicomJson'

/** Where one tile lies within the total pixel matrix; columns and rows from 0. */
export interface Tile {
  /** From 1, as in DICOM. */
  readonly frame: number
  readonly left: number
  readonly top: number
}

/** A picture put together from tiles: one level of a slide, one focal plane, one optical path. */
export interface SlideRegion {
  readonly columns: number
  readonly rows: number
  readonly tile_columns: number
  readonly tile_rows: number
  readonly tiles: readonly Tile[]
}

/** Why the tiles of a level are shown one by one. */
export type SlideRefusal = 'too_large' | 'unplaced'

/** What a frame of a whole-slide object is: the level as one picture, or one of its tiles. */
export type Slide =
  | { readonly kind: 'region'; readonly region: SlideRegion }
  | {
      readonly kind: 'tile'
      readonly columns: number
      readonly rows: number
      /** Null where the file does not say where it lies. */
      readonly tile: Tile | null
      readonly refusal: SlideRefusal
    }

const WHOLE_SLIDE = '1.2.840.10008.5.1.4.1.1.77.1.6'
/** What a graphics card of little means takes as one texture; 64 MiB of it in colours. */
const MOST_ALONG_A_SIDE = 8192
const MOST_PIXELS = 16 * 1024 * 1024
/** Each is a request of its own. */
const MOST_TILES = 1024

/**
 * The pictures of a whole-slide object (PS3.3 C.8.12.4.3, C.7.6.17.3): each focal plane and optical
 * path of a level as one region where it is small enough, else tile by tile. Null for what is none.
 */
export function slideOf(dataset: DicomDataset): readonly { frame: number; slide: Slide }[] | null {
  if (textOf(dataset, '00080016') !== WHOLE_SLIDE) return null
  const [columns, rows] = [numberOf(dataset, '00480006') ?? 0, numberOf(dataset, '00480007') ?? 0]
  const [tile_columns, tile_rows] = [numberOf(dataset, '00280011') ?? 0, numberOf(dataset, '00280010') ?? 0]
  if (!isCount(columns) || !isCount(rows) || !isCount(tile_columns) || !isCount(tile_rows)) return null
  const count = Math.max(1, numberOf(dataset, '00280008') ?? 1)
  const size = { columns, rows, tile_columns, tile_rows }
  // A single tile that is all of the level need not say where it lies.
  const isAlone = count === 1 && tile_columns >= columns && tile_rows >= rows
  const isFull = isAlone || textOf(dataset, '00209311') === 'TILED_FULL'
  const levels = isFull ? fullLevels(size, count) : sparseLevels(dataset, size, count)
  const isLarge =
    Math.max(columns, rows) > MOST_ALONG_A_SIDE ||
    columns * rows > MOST_PIXELS ||
    (levels ?? []).some((tiles) => tiles.length > MOST_TILES)
  if (levels !== null && !isLarge) {
    return levels.map((tiles) => ({
      frame: tiles[0]?.frame ?? 1,
      slide: { kind: 'region', region: { ...size, tiles } },
    }))
  }
  const known = new Map((levels ?? []).flat().map((tile) => [tile.frame, tile]))
  const refusal = levels === null ? 'unplaced' : 'too_large'
  return Array.from({ length: count }, (_, index) => {
    const tile = known.get(index + 1) ?? null
    return { frame: index + 1, slide: { kind: 'tile', columns, rows, tile, refusal } }
  })
}

type Size = Omit<SlideRegion, 'tiles'>

const isCount = (value: number): boolean => Number.isInteger(value) && value > 0

/** Row by row, then focal plane by focal plane, then path by path; null where the sum is another. */
function fullLevels(size: Size, count: number): Tile[][] | null {
  const across = Math.ceil(size.columns / size.tile_columns)
  const each = across * Math.ceil(size.rows / size.tile_rows)
  if (count % each !== 0) return null
  return Array.from({ length: count / each }, (_, level) =>
    Array.from({ length: each }, (_tile, at) => ({
      frame: level * each + at + 1,
      left: (at % across) * size.tile_columns,
      top: Math.floor(at / across) * size.tile_rows,
    })),
  )
}

/** Each frame says where it lies, how deep, and by what light; null where one does not. */
function sparseLevels(dataset: DicomDataset, size: Size, count: number): Tile[][] | null {
  const groups = sequenceOf(dataset, '52009230')
  if (groups.length !== count) return null
  const levels = new Map<string, Tile[]>()
  for (const [index, group] of groups.entries()) {
    const position = itemOf(group, '0048021A')
    const [column, row] = [numberOf(position, '0048021E'), numberOf(position, '0048021F')]
    if (!isWithin(column, size.columns) || !isWithin(row, size.rows)) return null
    const depth = numberOf(position, '0040074A') ?? 0
    const path = textOf(itemOf(group, '00480207') ?? {}, '00480106')
    const tiles = levels.get(`${depth} ${path}`) ?? []
    tiles.push({ frame: index + 1, left: column - 1, top: row - 1 })
    levels.set(`${depth} ${path}`, tiles)
  }
  return [...levels.values()]
}

const isWithin = (value: number | null, end: number): value is number =>
  value !== null && Number.isInteger(value) && value >= 1 && value <= end

/** Whether some of the level has no tile, as sparse ones may. */
export const hasHoles = ({ columns, rows, tile_columns, tile_rows, tiles }: SlideRegion): boolean => {
  const places = new Set(tiles.map(({ left, top }) => `${left} ${top}`))
  return places.size < Math.ceil(columns / tile_columns) * Math.ceil(rows / tile_rows)
}

/** A region from its tiles, so many at a time. What has no tile is nothing: zero. */
export async function composeRegion(
  region: SlideRegion,
  at_once: number,
  read: (frame: number) => Promise<FramePixels>,
): Promise<FramePixels> {
  let whole: FramePixels | null = null
  const waiting = [...region.tiles]
  const work = async (): Promise<void> => {
    for (let tile = waiting.shift(); tile !== undefined; tile = waiting.shift()) {
      const part = await read(tile.frame)
      whole = joined(whole ?? emptyLike(part, region), part)
      placeTile(whole, part, region, tile)
    }
  }
  await Promise.all(Array.from({ length: at_once }, work))
  if (whole === null) throw new RangeError('a region without tiles')
  return whole
}

const samplesOf = ({ color }: FramePixels): number => (color ? 3 : 1)

function emptyLike(part: FramePixels, { columns, rows }: SlideRegion): FramePixels {
  const Kind = part.pixels.constructor as new (length: number) => StoredPixels
  return { ...part, pixels: new Kind(columns * rows * samplesOf(part)) }
}

/** @throws RangeError when the tiles are not of one kind. */
function joined(whole: FramePixels, part: FramePixels): FramePixels {
  if (part.color !== whole.color || part.pixels.constructor !== whole.pixels.constructor) {
    throw new RangeError('tiles of several kinds')
  }
  const smallest = Math.min(whole.smallest, part.smallest)
  return { ...whole, smallest, largest: Math.max(whole.largest, part.largest) }
}

/**
 * Copies a tile to its place; what reaches beyond the matrix is padding and left out.
 *
 * @throws RangeError when the tile has another size than the header says.
 */
function placeTile(whole: FramePixels, { pixels }: FramePixels, region: SlideRegion, tile: Tile): void {
  const { columns, rows, tile_columns, tile_rows } = region
  const samples = samplesOf(whole)
  if (pixels.length !== tile_columns * tile_rows * samples) {
    throw new RangeError('a tile of another size')
  }
  const width = Math.min(tile_columns, columns - tile.left)
  const height = Math.min(tile_rows, rows - tile.top)
  for (let row = 0; row < height; row += 1) {
    const from = row * tile_columns * samples
    const line = pixels.subarray(from, from + width * samples)
    whole.pixels.set(line, ((tile.top + row) * columns + tile.left) * samples)
  }
}
