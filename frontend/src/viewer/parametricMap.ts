import { itemOf, numberOf, sequenceOf, textOf, type DicomDataset } from './dicomJson'
import type { ColormapName } from './volume/colormaps'

export const PARAMETRIC_MAP_STORAGE = '1.2.840.10008.5.1.4.1.1.30'

/** Why the numbers of a map have no unit. The screen has a sentence each. */
export type MapProblem = 'not_mapped' | 'table' | 'several'

/** What the pictures of a parametric map are of. */
export interface MapDescription {
  /** The quantity in the words of the file; empty where it has none. */
  readonly quantity: string
  /** As in UCUM; empty for a number without a unit. */
  readonly unit: string
  readonly colormap: ColormapName
  readonly problem: MapProblem | null
}

/**
 * `real = slope × stored + intercept`, for stored values from the first to the last that is mapped
 * (PS3.3 C.7.6.16.2.11); others stand for nothing.
 */
export interface RealWorldMapping {
  readonly slope: number
  readonly intercept: number
  readonly mapped: { readonly first: number; readonly last: number } | null
}

type Macro = (tag: string) => DicomDataset | undefined

/** Real World Value Mapping of one frame: its own, the shared one, or that of the image. */
const itemsOf = (dataset: DicomDataset, macros: readonly (DicomDataset | undefined)[]): DicomDataset[] =>
  [...macros, dataset].map((one) => sequenceOf(one, '00409096')).find((items) => items.length > 0) ?? []

/** The one linear mapping, or why there is none to apply. */
function mappingOf(items: readonly DicomDataset[]): RealWorldMapping | MapProblem {
  const [item] = items
  if (item === undefined) return 'not_mapped'
  // Of several, each holds for a part of the values or says another thing: none is chosen here.
  if (items.length > 1) return 'several'
  const slope = numberOf(item, '00409225')
  const intercept = numberOf(item, '00409224')
  if (slope === null || intercept === null) return 'table'
  const first = numberOf(item, '00409214') ?? numberOf(item, '00409216')
  const last = numberOf(item, '00409213') ?? numberOf(item, '00409211')
  return { slope, intercept, mapped: first === null || last === null ? null : { first, last } }
}

/** The mapping that turns the stored values of a frame of a map into those of its quantity. */
export function realWorldOf(
  dataset: DicomDataset,
  macros: readonly (DicomDataset | undefined)[],
): RealWorldMapping | null {
  if (textOf(dataset, '00080016') !== PARAMETRIC_MAP_STORAGE) return null
  const found = mappingOf(itemsOf(dataset, macros))
  return typeof found === 'string' ? null : found
}

/** A window of the modality's values in those of the quantity. */
export function windowInRealWorld(
  range: { readonly lower: number; readonly upper: number },
  modality: { readonly slope: number; readonly intercept: number },
  real: RealWorldMapping,
): { lower: number; upper: number } {
  const [a, b] = [range.lower, range.upper].map(
    (shown) => real.slope * ((shown - modality.intercept) / modality.slope) + real.intercept,
  ) as [number, number]
  return { lower: Math.min(a, b), upper: Math.max(a, b) }
}

/** What a series is a map of; null for other pictures. Frames of one map share their mapping. */
export function describeMap(dataset: DicomDataset): MapDescription | null {
  if (textOf(dataset, '00080016') !== PARAMETRIC_MAP_STORAGE) return null
  const shared = itemOf(dataset, '52009229')
  const items = itemsOf(dataset, [itemOf(dataset, '52009230'), shared])
  const found = mappingOf(items)
  const [item] = items
  const quantity = quantityOf(item) || textOf(dataset, '0008103E')
  const unit = typeof found === 'string' ? '' : unitOf((tag) => itemOf(item, tag))
  return {
    quantity,
    unit,
    colormap: colormapFor(quantity, unit),
    problem: typeof found === 'string' ? found : null,
  }
}

function quantityOf(item: DicomDataset | undefined): string {
  const defined = sequenceOf(item, '00409220')
    .map((one) => textOf(itemOf(one, '0040A168'), '00080104'))
    .find((meaning) => meaning !== '')
  return defined ?? (textOf(item, '00283003') || textOf(item, '00409210'))
}

/** UCUM's `1` is a number without a unit. */
function unitOf(macro: Macro): string {
  const code = textOf(macro('004008EA'), '00080100')
  return code === '1' || code === '{ratio}' ? '' : code
}

/**
 * Colours by what is shown: apparent diffusion is read in grey, perfusion by the rainbow that its
 * software writes, uptake by hot iron; anything else by viridis, whose lightness rises evenly.
 */
function colormapFor(quantity: string, unit: string): ColormapName {
  if (/\badc\b|diffusion/i.test(quantity) || /m?m2\/s/.test(unit)) return 'grey'
  if (/perfusion|blood (flow|volume)|transit|k-?trans|\bcb[fv]\b|\bmtt\b|t-?max/i.test(quantity)) {
    return 'rainbow'
  }
  if (/uptake|\bsuv/i.test(quantity)) return 'hot_iron'
  return 'viridis'
}
