import type { ResearchStack } from '@/api/research'
import type { Series, Study } from '@/api/types'
import { i18next } from '@/locales/i18n'
import { formatDate } from '@/ui/format'

type Stacked = Pick<ResearchStack, 'series_instance_uid' | 'stack'>

export const keyOf = ({ series_instance_uid, stack }: Stacked): string => `${series_instance_uid}:${stack ?? 0}`

/** Told by what it is and when: never by whose it is. */
export const studyName = (study: Study): string =>
  `${study.description || study.modalities.join(' / ')} · ${formatDate(study.study_date)}`

export const seriesOf = (study: Study, { series_instance_uid }: Stacked): Series | undefined =>
  study.series.find((one) => one.series_instance_uid === series_instance_uid)

/** "3 · CT · Thorax 1 mm · stack 2": as it is called at the viewer's tiles. */
export function stackName(study: Study, one: Stacked): string {
  const series = seriesOf(study, one)
  if (!series) return one.series_instance_uid
  const words = [series.number ?? '', series.modality, series.description]
  if (series.stack_count > 1 && one.stack !== null) words.push(i18next.t('research:stack', { number: one.stack }))
  return words.filter((word) => word !== '').join(' · ')
}

/** A name for the file without a word of the header: descriptions hold what people typed. */
export function zipName(study: Study, one: Stacked): string {
  const series = seriesOf(study, one)
  const stack = (series?.stack_count ?? 1) > 1 && one.stack !== null ? `-stack-${one.stack}` : ''
  return `${series?.modality || 'series'}-${series?.number ?? 'x'}${stack}-nifti.zip`
}

const SHOWN_DECIMALS = 2

export const gridWords = (shape: readonly number[], spacing_mm: readonly number[]): string =>
  i18next.t('research:grid', {
    shape: shape.join(' × '),
    spacing: spacing_mm.map((one) => Number(one.toFixed(SHOWN_DECIMALS))).join(' × '),
  })

/** What to do about a refusal; empty where its own sentence says all. */
export const adviceFor = (code: string): string => i18next.t(`research:now.${code}`, { defaultValue: '' })
