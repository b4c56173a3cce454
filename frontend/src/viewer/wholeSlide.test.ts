import { describe, expect, it } from 'vitest'

import type { FramePixels } from './decoding/pixelValues'
import type { DicomDataset, DicomElement } from './dicomJson'
import { describeSeries } from './frames'
import { composeRegion, hasHoles, slideOf, type SlideRegion } from './wholeSlide'

const element = (...values: unknown[]): DicomElement => ({ Value: values })

interface Made {
  columns?: number
  rows?: number
  frames?: number
  full?: boolean
  places?: readonly (readonly [number, number, string?])[]
}

/** Tiles of 4 × 2. */
const slide = ({ columns = 10, rows = 3, frames = 6, full = true, places }: Made = {}): DicomDataset => ({
  '00080016': element('1.2.840.10008.5.1.4.1.1.77.1.6'),
  '00080018': element('1.9'),
  '00080060': element('SM'),
  '0020000E': element('1.8'),
  '00200052': element('1.7'),
  '00209311': element(full ? 'TILED_FULL' : 'TILED_SPARSE'),
  '00280002': element(3),
  '00280008': element(places?.length ?? frames),
  '00280010': element(2),
  '00280011': element(4),
  '00280100': element(8),
  '00480006': element(columns),
  '00480007': element(rows),
  '52009229': element({ '00289110': element({ '00280030': element(0.002, 0.001) }) }),
  ...(places && {
    '52009230': element(
      ...places.map(([column, row, path = 'a']) => ({
        '0048021A': element({ '0048021E': element(column), '0048021F': element(row) }),
        '00480207': element({ '00480106': element(path) }),
      })),
    ),
  }),
})

const regionsOf = (dataset: DicomDataset): (SlideRegion | null)[] | undefined =>
  slideOf(dataset)?.map((one) => (one.slide.kind === 'region' ? one.slide.region : null))

describe('the level of a slide', () => {
  it('is one picture where every tile is there, row by row', () => {
    const [region] = regionsOf(slide()) ?? []
    expect(region?.tiles.map(({ left, top }) => [left, top])).toEqual([
      [0, 0], [4, 0], [8, 0], [0, 2], [4, 2], [8, 2],
    ])
    expect(region && hasHoles(region)).toBe(false)
  })

  it('is one picture for each focal plane and path', () => {
    const all = slideOf(slide({ frames: 18 }))
    expect(all?.map(({ frame }) => frame)).toEqual([1, 7, 13])
    const places = [[1, 1, 'a'], [1, 1, 'b'], [5, 1, 'a']] as const
    const sparse = regionsOf(slide({ full: false, places }))
    expect(sparse?.map((one) => one?.tiles.map(({ frame }) => frame))).toEqual([[1, 3], [2]])
    expect(sparse?.[0] && hasHoles(sparse[0])).toBe(true)
  })

  it('is shown tile by tile, with the place of each, where it is too large', () => {
    const tiles = slideOf(slide({ columns: 20_000, full: false, places: [[1, 1], [9997, 3]] }))
    expect(tiles?.[1]?.slide).toMatchObject({
      kind: 'tile',
      refusal: 'too_large',
      tile: { frame: 2, left: 9996, top: 2 },
    })
  })

  it('claims no place that the file does not say', () => {
    const unplaced = [slide({ frames: 5 }), slide({ full: false }), slide({ full: false, places: [[1, 1], [11, 1]] })]
    for (const dataset of unplaced) {
      expect(slideOf(dataset)?.[0]?.slide).toMatchObject({ kind: 'tile', refusal: 'unplaced', tile: null })
    }
    expect(slideOf({ ...slide(), '00080016': element('1.2.840.10008.5.1.4.1.1.7') })).toBeNull()
    expect(slideOf({ ...slide(), '00480006': undefined })).toBeNull()
  })

  it('is a frame of the series of its own size and scale, without a place in a patient', () => {
    const series = describeSeries([slide()], '/pixels/k', [
      { number: 1, facets: [], is_volume: false, warnings: [], frames: [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6] },
    ])
    expect(series.stacks.map(({ count }) => count)).toEqual([1])
    expect(series.frames[0]).toMatchObject({
      image_id: 'consilium:/pixels/k/instances/1.9/frames/1#region',
      layout: { columns: 10, rows: 3 },
      plane: { columns: 10, rows: 3, row_spacing_mm: 2 },
      plane_lps: null,
      calibration: { scale: { row_mm: 0.002, column_mm: 0.001 } },
    })
  })
})

describe('a region', () => {
  const [region] = regionsOf(slide()) as SlideRegion[]
  const tile = (value: number): FramePixels => ({
    pixels: new Uint8Array(4 * 2 * 3).fill(value),
    color: true,
    smallest: 0,
    largest: 255,
  })

  it('has every tile in its place, and nothing of what reaches beyond', async () => {
    const whole = await composeRegion(region as SlideRegion, 3, (frame) => Promise.resolve(tile(frame)))
    const red = [...whole.pixels].filter((_, at) => at % 3 === 0)
    expect(red).toEqual([
      1, 1, 1, 1, 2, 2, 2, 2, 3, 3,
      1, 1, 1, 1, 2, 2, 2, 2, 3, 3,
      4, 4, 4, 4, 5, 5, 5, 5, 6, 6,
    ])
  })

  it('is not made of tiles of another size or kind', async () => {
    const short = { ...tile(1), pixels: new Uint8Array(9) }
    await expect(composeRegion(region as SlideRegion, 2, () => Promise.resolve(short))).rejects.toThrow(RangeError)
    const grey = { ...tile(1), color: false }
    const mixed = (frame: number) => Promise.resolve(frame === 1 ? tile(1) : grey)
    await expect(composeRegion(region as SlideRegion, 1, mixed)).rejects.toThrow('several kinds')
  })
})
