import type { HangingCell, HangingDocument, SeriesSelector } from '@/api/hangings'
import { LINK_KINDS } from '@/viewer/linking'
import type { StackView } from '@/viewer/stackView'
import type { Viewer } from '@/viewer/viewer'
import { CT_PRESETS } from '@/viewer/voi'

import { priorsOf, type CaseFacts, type SeriesFact } from './facts'
import { candidates } from './select'

const LONGEST_WORD = 64

/** The screen as a protocol that hangs the like in other cases, too. */
export function captureLayout(
  viewer: Viewer,
  facts: CaseFacts,
  only: { tumour_type: boolean },
): HangingDocument {
  const { rows, columns } = viewer.layout
  const newest = facts.time_points[0]
  const shown = viewer.visibleViews.map((view) => factOf(view, facts))
  const modalities = shown.flatMap((one) => (one && newest?.pictures.includes(one) ? [one.series.modality] : []))
  const hasPrior = shown.some((one) => one !== null && !newest?.pictures.includes(one))
  return {
    match: {
      modalities: [...new Set(modalities)].slice(0, 8),
      also: [],
      body_parts: [],
      tumour_types: only.tumour_type ? ([facts.tumour_type] as never) : [],
      descriptions: [],
      time_points_min: hasPrior ? 2 : 1,
      time_points_max: null,
      min_series: 1,
    },
    steps: [
      {
        name: '',
        rows,
        columns,
        links: LINK_KINDS.filter((kind) => viewer.linker.has(kind)),
        reference_lines: viewer.linker.showsLines,
        cells: viewer.visibleViews.map((view, index) => cellOf(view, shown[index] ?? null, facts)),
      },
    ],
  }
}

function factOf(view: StackView, facts: CaseFacts): SeriesFact | null {
  const uid = view.state.series?.series_instance_uid
  return facts.time_points.flatMap((time) => time.pictures).find((one) => one.uid === uid) ?? null
}

function cellOf(view: StackView, fact: SeriesFact | null, facts: CaseFacts): HangingCell {
  const { voi, series } = view.state
  const keepsWindow = fact !== null && voi !== null && (series?.unit === 'HU' || series?.unit === 'SUVbw g/mL')
  const preset =
    keepsWindow && series.unit === 'HU'
      ? CT_PRESETS.find(({ range }) => range.lower === voi.lower && range.upper === voi.upper)
      : undefined
  return {
    series: fact && selectorFor(fact, facts),
    display: 'stack',
    under: null,
    preset: (preset?.name as HangingCell['preset']) ?? null,
    window: keepsWindow && !preset ? { lower: voi.lower, upper: voi.upper } : null,
    link_group: 'a',
    leads: false,
    cine: false,
  }
}

/** The most general selector that still finds this series in this case. */
export function selectorFor(fact: SeriesFact, facts: CaseFacts): SeriesSelector {
  const time_point = timePointOf(fact, facts)
  const { traits, series } = fact
  const base = { ...NOTHING, time_point, modality: [series.modality] }
  const particular = {
    ...base,
    orientation: traits.orientation,
    phase: traits.phase,
    kernel: traits.kernel,
    laterality: traits.laterality,
    projection: traits.projection,
    weighting: traits.weighting ? [traits.weighting] : [],
  }
  const words = series.description.trim().slice(0, LONGEST_WORD)
  const named = words ? { ...base, description: [words] } : particular
  const finds = (one: SeriesSelector): boolean => candidates(one, facts)[one.rank - 1]?.uid === fact.uid
  const known = [particular, named].find(finds)
  if (known) return known
  const rank = candidates(named, facts).findIndex(({ uid }) => uid === fact.uid) + 1
  return { ...named, rank: Math.max(1, Math.min(12, rank)) }
}

const NOTHING: SeriesSelector = {
  time_point: 0,
  modality: [],
  body_part: [],
  orientation: null,
  weighting: [],
  phase: null,
  kernel: null,
  laterality: null,
  projection: null,
  description: [],
  not_description: [],
  not_orientation: [],
  not_phase: [],
  is_named: false,
  in_space_of: null,
  rank: 1,
}

/** Counted among what can be compared with the newest, as the selectors count. */
function timePointOf(fact: SeriesFact, facts: CaseFacts): number {
  const [newest] = facts.time_points
  if (newest === undefined || newest.pictures.includes(fact)) return 0
  const current = newest.pictures.find(({ series }) => series.modality === fact.series.modality)
  const priors = current ? priorsOf(facts, current) : []
  return Math.min(9, priors.findIndex((time) => time.pictures.includes(fact)) + 1)
}
