import { useQuery } from '@tanstack/react-query'

import { http } from './http'
import type * as wire from './schema'

export type Radiomics = wire.Radiomics
export type RadiomicsValue = wire.RadiomicsValue
export type RadiomicsRefusal = wire.RadiomicsRefusal

/** How to measure; what is null is left to the analysis (docs/ai-analyses.md). */
export interface RadiomicsAsked {
  readonly bin_number: number | null
  readonly bin_size: number | null
  readonly range_low: number | null
  readonly range_high: number | null
  readonly spacing_mm: number | null
}

export interface MeasuredSegment {
  /** Where the segment is; its radiomics are below. */
  readonly path: string
  /** Of a drawn segmentation; null for a SEG object, which has none. */
  readonly revision: number | null
  readonly segment: number
}

export const drawnSegment = (segmentation: string, revision: number, segment: number): MeasuredSegment => ({
  path: `/api/segmentations/${segmentation}/segments/${segment}`,
  revision,
  segment,
})

/** A segment of a SEG object on one series, by the address of its mask. */
export const importedSegment = (maskUrl: string, segment: number): MeasuredSegment => ({
  path: maskUrl.replace(/\/mask$/, ''),
  revision: null,
  segment,
})

/** Every feature of a segment as it was at one revision: it never changes under that name. */
export function useRadiomics({ path, revision }: MeasuredSegment, asked: RadiomicsAsked) {
  return useQuery({
    queryKey: ['radiomics', path, revision, asked],
    queryFn: ({ signal }) => http.get<Radiomics>(`${path}/radiomics`, { query: { revision, ...asked }, signal }),
    staleTime: Infinity,
    retry: false,
  })
}
