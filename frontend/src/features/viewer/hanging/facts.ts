import type { Series, Study } from '@/api/types'

import { isPicture } from '../caseImages'
import { mayBeSameRegion, regionsOf, traitsOf, type SeriesTraits } from './traits'

/** One series as a hanging protocol sees it. */
export interface SeriesFact {
  readonly uid: string
  readonly series: Series
  readonly study: Study
  readonly traits: SeriesTraits
  readonly regions: ReadonlySet<string>
  readonly images: number
}

/** What was made on one day. The parts of a PET/CT may be studies of their own. */
export interface TimePoint {
  readonly date: string
  readonly pictures: readonly SeriesFact[]
  /** Structure sets, plans and the like, too. */
  readonly modalities: ReadonlySet<string>
  /** Modality -> the frames of reference of its objects. */
  readonly spaces: ReadonlyMap<string, ReadonlySet<string>>
  readonly words: string
}

/** A case as hanging protocols see it; the same on every machine. */
export interface CaseFacts {
  readonly tumour_type: string
  /** Newest first. */
  readonly time_points: readonly TimePoint[]
}

/**
 * Only studies that are here, and only of one identity: the case's own patient, or where there is
 * none, the one of the newest study. Nothing hangs beside another patient by itself.
 */
export function factsOf(
  studies: readonly Study[],
  identities: ReadonlyMap<string, string>,
  tumour_type: string,
): CaseFacts {
  const withPictures = [...studies]
    .filter((study) => study.state === 'ready' && study.series.some(isPicture))
    .sort(newestFirst)
  const identityOf = (study: Study): string => identities.get(study.study_instance_uid) ?? ''
  const kept = withPictures.some((study) => identityOf(study) === '')
    ? ''
    : withPictures[0] && identityOf(withPictures[0])
  const own = withPictures.filter((study) => identityOf(study) === kept)
  const days = [...new Set(own.map(dayOf))]
  const time_points = days.map((day) => timePointOf(own.filter((study) => dayOf(study) === day)))
  return { tumour_type, time_points }
}

const dayOf = (study: Study): string => study.study_date ?? `? ${study.study_instance_uid}`

const newestFirst = (a: Study, b: Study): number =>
  `${b.study_date ?? ''}${b.study_time}`.localeCompare(`${a.study_date ?? ''}${a.study_time}`) ||
  a.study_instance_uid.localeCompare(b.study_instance_uid)

function timePointOf(studies: readonly Study[]): TimePoint {
  const pictures = studies.flatMap((study) => study.series.filter(isPicture).map((series) => factOf(series, study)))
  const every = studies.flatMap((study) => study.series)
  return {
    date: studies[0]?.study_date ?? '',
    pictures: pictures.sort(inOrder),
    modalities: new Set(every.map(({ modality }) => modality)),
    spaces: spacesOf(every),
    words: [...studies.map((study) => study.description), ...every.map((one) => one.description)]
      .join(' ')
      .toLowerCase(),
  }
}

function spacesOf(every: readonly Series[]): Map<string, Set<string>> {
  const spaces = new Map<string, Set<string>>()
  for (const { modality, frame_of_reference_uid: space } of every) {
    if (space) spaces.set(modality, (spaces.get(modality) ?? new Set<string>()).add(space))
  }
  return spaces
}

const factOf = (series: Series, study: Study): SeriesFact => ({
  uid: series.series_instance_uid,
  series,
  study,
  traits: traitsOf(series),
  regions: regionsOf(series, study),
  images: series.frame_count || series.instance_count,
})

/** Scouts and the like last, else most pictures first. Then by number and name, never by chance. */
const inOrder = (a: SeriesFact, b: SeriesFact): number =>
  Number(a.traits.isAside) - Number(b.traits.isAside) ||
  b.images - a.images ||
  (a.series.number ?? Infinity) - (b.series.number ?? Infinity) ||
  a.uid.localeCompare(b.uid)

/** Without scouts and the like, unless there is nothing else. */
export function mainOf(all: readonly SeriesFact[]): readonly SeriesFact[] {
  const main = all.filter(({ traits }) => !traits.isAside)
  return main.length > 0 ? main : all
}

/** The earlier time points that hold something to compare a series with, newest first. */
export function priorsOf(facts: CaseFacts, current: SeriesFact): TimePoint[] {
  return facts.time_points.slice(1).filter((time) =>
    time.pictures.some((prior) => isComparable(prior, current)),
  )
}

/** Same modality, and the same part of the body as far as anybody recorded it. */
export const isComparable = (prior: SeriesFact, current: SeriesFact): boolean =>
  prior.series.modality === current.series.modality &&
  mayBeSameRegion(prior.regions, current.regions)
