import type { TFunction } from 'i18next'

import type { StackFacet } from '@/viewer/stacks'

const DIMENSION = 'dim_'
const PLANES = ['axial', 'sagittal', 'coronal', 'oblique_axial', 'oblique_sagittal', 'oblique_coronal']
/** Axes whose value is a number with a unit. */
const MEASURED = ['b_value', 'echo_time_ms', 'inversion_time_ms', 'trigger_time_ms', 'acquired_at']
/** Axes that are counted, or numbered by the file itself. */
const COUNTED = [
  'temporal_position',
  'gradient_direction',
  'acquisition_number',
  'frame_of_reference',
  'clip',
  'unnamed',
]
const ALONE = ['singles', 'unplaced', 'undecodable']

const short = (value: number): string => Number(value.toPrecision(4)).toString()

/** `DiffusionDirectionality` as people read it. */
const spaced = (keyword: string): string => keyword.replace(/([a-z])([A-Z])/g, '$1 $2')

type Translate = TFunction<'viewer'>

/** What sets a stack apart, from the catalogue: `axial · b 800`. */
export function stackWords(facets: readonly StackFacet[], t: Translate): string {
  return facets.map((facet) => facetWords(facet, t)).join(' · ')
}

function facetWords({ axis, value, number }: StackFacet, t: Translate): string {
  if (axis === 'orientation' && PLANES.includes(String(value))) {
    return t(`stack.plane.${String(value)}` as 'stack.plane.axial')
  }
  if (ALONE.includes(axis)) return t(`stack.${axis}` as 'stack.singles')
  if (MEASURED.includes(axis) && typeof value === 'number') {
    return t(`stack.${axis}` as 'stack.b_value', { value: short(value) })
  }
  if (COUNTED.includes(axis)) {
    const shown = typeof value === 'number' ? short(value) : String(number)
    return t(`stack.${axis}` as 'stack.clip', { value: shown })
  }
  if (axis.startsWith(DIMENSION)) {
    const name = spaced(axis.slice(DIMENSION.length))
    return t('stack.dimension', { name, value: String(value ?? number) })
  }
  if (axis === 'size' && value !== null) return t('stack.size', { value: String(value) })
  if (axis === 'image_type' && value !== null) return String(value)
  if (axis === 'stack_id' && value !== null) return t('stack.stack_id', { value: String(value) })
  return t('stack.other', { value: String(number) })
}

/** Facets as REST tells them: a value is a number, a word, or not told. */
export function facetsOf(
  told: readonly { axis: string; number: number; value: unknown }[],
): StackFacet[] {
  return told.map(({ axis, number, value }) => ({
    axis,
    number,
    value: typeof value === 'number' || typeof value === 'string' ? value : null,
  }))
}
