import type { SeriesSelector } from '@/api/hangings'

import { isComparable, priorsOf, type CaseFacts, type SeriesFact, type TimePoint } from './facts'
import { regionsInclude } from './traits'

/** What a selector names, best first; the rest of the order is that of the time point. */
export function candidates(selector: SeriesSelector, facts: CaseFacts): SeriesFact[] {
  const [newest] = facts.time_points
  if (newest === undefined) return []
  const now = fitting(selector, newest)
  if (selector.time_point === 0) return now
  const current = now[0] ?? newest.pictures[0]
  if (current === undefined) return []
  const priors = priorsOf(facts, current)
  const prior = selector.time_point < 0 ? priors.at(-1) : priors[selector.time_point - 1]
  if (prior === undefined) return []
  const comparable = fitting(selector, prior).filter((one) => isComparable(one, current))
  return ranked(comparable, (one) => likeness(one, current) + fit(selector, one))
}

const fitting = (selector: SeriesSelector, time: TimePoint): SeriesFact[] =>
  ranked(
    time.pictures.filter((one) => fit(selector, one) >= 0 && isInSpace(selector, one, time)),
    (one) => fit(selector, one),
  )

/** What has no frame of reference, and objects that name none, exclude nothing. */
function isInSpace({ in_space_of }: SeriesSelector, one: SeriesFact, time: TimePoint): boolean {
  const spaces = in_space_of ? time.spaces.get(in_space_of) : undefined
  const space = one.series.frame_of_reference_uid
  return spaces === undefined || !space || spaces.has(space)
}

/** Stable: of two that fit equally well the one with more pictures stays first. */
function ranked(all: readonly SeriesFact[], score: (one: SeriesFact) => number): SeriesFact[] {
  return all
    .map((one, at) => ({ one, at, score: score(one) }))
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .map(({ one }) => one)
}

const EXCLUDED = -1

/** How well a series fits; below zero not at all. What is not known of it excludes nothing. */
function fit(selector: SeriesSelector, one: SeriesFact): number {
  const { traits, series, regions } = one
  const modalities = selector.modality ?? []
  if (modalities.length > 0 && !modalities.includes(series.modality)) return EXCLUDED
  const words = (list: readonly string[] | undefined): boolean =>
    (list ?? []).some((word) => traits.text.includes(word.toLowerCase()))
  if (words(selector.not_description)) return EXCLUDED
  if ((selector.description ?? []).length > 0 && !words(selector.description)) return EXCLUDED
  const isUnwanted =
    includes(selector.not_phase, traits.phase) || includes(selector.not_orientation, traits.orientation)
  if (isUnwanted) return EXCLUDED
  const parts = selector.body_part ?? []
  const isElsewhere =
    parts.length > 0 && regions.size > 0 && !parts.some((part) => regionsInclude(regions, part))
  if (isElsewhere) return EXCLUDED
  const unknown = selector.is_named ? EXCLUDED : 0
  const hits = [
    trait(traits.orientation, selector.orientation, unknown),
    trait(traits.phase, selector.phase, unknown),
    trait(traits.kernel, selector.kernel, unknown),
    trait(traits.laterality, selector.laterality, unknown),
    trait(traits.projection, selector.projection, unknown),
    weighted(traits.weighting, selector.weighting ?? [], unknown),
  ]
  if (hits.includes(EXCLUDED)) return EXCLUDED
  return hits.reduce((sum, hit) => sum + hit, words(selector.description) ? 2 : 0)
}

const includes = <Value>(list: readonly Value[] | undefined, known: Value | null): boolean =>
  known !== null && (list ?? []).includes(known)

const trait = <Value>(
  known: Value | null,
  wanted: Value | null | undefined,
  unknown: number,
): number => {
  if (wanted === null || wanted === undefined) return 0
  if (known === null) return unknown
  return known === wanted ? 2 : EXCLUDED
}

/** The first weighting of the list is liked best. */
function weighted<Value>(known: Value | null, wanted: readonly Value[], unknown: number): number {
  if (wanted.length === 0) return 0
  if (known === null) return unknown
  const at = wanted.indexOf(known)
  return at < 0 ? EXCLUDED : 2 + (wanted.length - at) / 10
}

/** How much a prior series is like the current one. */
function likeness(prior: SeriesFact, current: SeriesFact): number {
  const [a, b] = [prior.traits, current.traits]
  const same = (one: unknown, other: unknown): number => (one !== null && one === other ? 1 : 0)
  return (
    same(a.text || null, b.text) * 2 +
    same(a.orientation, b.orientation) +
    same(a.weighting, b.weighting) * 2 +
    same(a.phase, b.phase) * 2 +
    same(a.kernel, b.kernel)
  )
}
