import type { Hanging, HangingCell, HangingStep } from '@/api/hangings'

import { mainOf, priorsOf, type CaseFacts, type SeriesFact, type TimePoint } from './facts'
import { candidates } from './select'
import { regionsInclude } from './traits'

/** One viewport as it will hang. */
export interface PlannedCell {
  readonly cell: HangingCell
  readonly series: SeriesFact | null
  /** The series beneath, of a fusion. */
  readonly under: SeriesFact | null
}

export interface PlannedStep {
  readonly step: HangingStep
  readonly rows: number
  readonly columns: number
  readonly cells: readonly PlannedCell[]
}

/** Why a protocol matches, as codes of the catalogue. */
export type Reason =
  | 'modality'
  | 'also'
  | 'region'
  | 'tumourType'
  | 'timePoints'
  | 'series'
  | 'anything'

export interface Match {
  readonly hanging: Hanging
  readonly score: number
  readonly reasons: readonly Reason[]
  /** Those that show something at all. */
  readonly steps: readonly PlannedStep[]
}

export const idOf = (hanging: Hanging): string => hanging.id ?? `builtin:${hanging.key}`

const RANK = { person: 0, board: 1, builtin: 2 } as const

/**
 * All protocols that fit, the one that hangs first. A person's default goes before a board's, and
 * both before the built-in ones; then the more particular rule, then name and id: the same case
 * hangs the same way wherever the same protocols are known.
 */
export function matchesOf(facts: CaseFacts, hangings: readonly Hanging[]): Match[] {
  return hangings
    .flatMap((hanging, order) => {
      const match = matchOf(facts, hanging)
      return match === null ? [] : [{ match, order }]
    })
    .sort(
      (a, b) =>
        Number(b.match.hanging.is_default) - Number(a.match.hanging.is_default) ||
        RANK[a.match.hanging.source] - RANK[b.match.hanging.source] ||
        b.match.score - a.match.score ||
        (a.match.hanging.source === 'builtin' ? a.order - b.order : 0) ||
        a.match.hanging.name.localeCompare(b.match.hanging.name, 'en') ||
        idOf(a.match.hanging).localeCompare(idOf(b.match.hanging)),
    )
    .map(({ match }) => match)
}

/** What hangs when the case opens. */
export const hangCase = (facts: CaseFacts, hangings: readonly Hanging[]): Match | null =>
  matchesOf(facts, hangings).find(({ hanging }) => hanging.is_default) ?? null

function matchOf(facts: CaseFacts, hanging: Hanging): Match | null {
  const fit = scoreOf(facts, hanging)
  if (fit === null) return null
  const steps = planSteps(facts, hanging)
  const [opening] = steps
  if (opening === undefined) return null
  // A sheet for four sequences is not for a case that has one of them.
  const wanted = hanging.document.steps[0]?.cells.length ?? 1
  const found = opening.cells.filter(({ series }) => series !== null).length
  if (hanging.source === 'builtin' && found * 2 < wanted) return null
  return { hanging, ...fit, steps }
}

function scoreOf(
  facts: CaseFacts,
  hanging: Hanging,
): { score: number; reasons: Reason[] } | null {
  const rule = hanging.document.match
  const [newest] = facts.time_points
  if (newest === undefined) return null
  const modalities = rule.modalities ?? []
  const pictures = mainOf(
    newest.pictures.filter(
      ({ series }) => modalities.length === 0 || modalities.includes(series.modality),
    ),
  )
  const [main] = pictures
  if (main === undefined || pictures.length < rule.min_series) return null
  if (!(rule.also ?? []).every((modality) => newest.modalities.has(modality))) return null
  const count = 1 + priorsOf(facts, main).length
  if (count < rule.time_points_min || count > (rule.time_points_max ?? Infinity)) return null
  const tumours: readonly string[] = rule.tumour_types ?? []
  if (tumours.length > 0 && !tumours.includes(facts.tumour_type)) return null
  const wantsRegion = (rule.body_parts ?? []).length + (rule.descriptions ?? []).length > 0
  if (wantsRegion && !isThere(newest, pictures, rule.body_parts ?? [], rule.descriptions ?? [])) {
    return null
  }
  const points: [Reason, number, boolean][] = [
    ['modality', 4, modalities.length > 0],
    ['tumourType', 4, tumours.length > 0],
    ['also', 3 * (rule.also ?? []).length, (rule.also ?? []).length > 0],
    ['region', 3, wantsRegion],
    ['timePoints', 2, rule.time_points_min > 1 || rule.time_points_max !== null],
    ['series', 1, rule.min_series > 1],
  ]
  const hits = points.filter(([, , isHit]) => isHit)
  return {
    score: hits.reduce((sum, [, score]) => sum + score, 0),
    reasons: hits.length > 0 ? hits.map(([reason]) => reason) : ['anything'],
  }
}

function isThere(
  newest: TimePoint,
  pictures: readonly SeriesFact[],
  parts: readonly string[],
  words: readonly string[],
): boolean {
  const shows = ({ regions }: SeriesFact): boolean =>
    parts.some((part) => regionsInclude(regions, part))
  // A word does not make a liver of what is known to be a neck.
  const isElsewhere = pictures.every((one) => one.regions.size > 0 && !shows(one))
  if (pictures.some(shows)) return true
  return !(parts.length > 0 && isElsewhere) && words.some((word) => newest.words.includes(word.toLowerCase()))
}

/** The screens of a protocol for this case, without those that would show nothing. */
export function planSteps(facts: CaseFacts, hanging: Hanging): PlannedStep[] {
  return hanging.document.steps.flatMap((step) => {
    const cells = planCells(facts, step.cells, hanging.source !== 'builtin')
    const filled = cells.filter(({ series }) => series !== null)
    if (filled.length === 0) return []
    // Who saved a layout gets it as it was; a built-in one leaves no holes.
    const isTight = hanging.source !== 'builtin' || filled.length === cells.length
    if (isTight) return [{ step, rows: step.rows, columns: step.columns, cells }]
    return [{ step, ...gridFor(filled.length), cells: filled }]
  })
}

/**
 * A built-in step shows a series once in each look. What somebody saved names its series exactly,
 * and may name one of them twice.
 */
function planCells(
  facts: CaseFacts,
  cells: readonly HangingCell[],
  isSaved: boolean,
): PlannedCell[] {
  const taken = new Set<string>()
  return cells.map((cell) => {
    const isPlane = cell.display === 'plane'
    const way = isPlane ? (cell.series?.orientation ?? '') : ''
    const look = `${cell.display}${way} ${cell.preset ?? JSON.stringify(cell.window)}`
    // Of a plane the orientation says how it is cut, not how its images were taken.
    const wanted = cell.series && isPlane ? { ...cell.series, orientation: null } : cell.series
    const every = wanted ? candidates(wanted, facts) : []
    const fits = isSaved ? every : mainOf(every)
    const left = fits.filter(({ uid }) => !taken.has(`${uid} ${look}`))
    // "The second" of those that fit is the second, whether or not the first hangs already.
    const rank = cell.series?.rank ?? 1
    const series = (isSaved || rank > 1 ? fits[rank - 1] : left[0]) ?? null
    if (series !== null) taken.add(`${series.uid} ${look}`)
    const under = cell.under ? (candidates(cell.under, facts)[0] ?? null) : null
    return { cell, series, under }
  })
}

/** The grid for so many pictures, wider than high. */
export function gridFor(count: number): { rows: number; columns: number } {
  const rows = count <= 3 ? 1 : count <= 8 ? 2 : 3
  return { rows, columns: Math.ceil(count / rows) }
}
