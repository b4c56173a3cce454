import type { TFunction } from 'i18next'

import type { CaseListEntry, ReadinessItem } from '@/api/types'
import { formatDate, formatRelative } from '@/ui/format'

type Words = TFunction<'readiness'>
type Summary = NonNullable<CaseListEntry['readiness']>

/** What keeps a case from being ready comes first; what is awaited by a day after it. */
export function notThereInWords(summary: Summary, t: Words): string {
  const open = summary.not_there.filter((one) => one.is_open)
  const awaited = summary.not_there.filter((one) => !one.is_open)
  return [...open, ...awaited]
    .map((one) => {
      if (one.state === 'expected' && one.expected_by) return `${one.label} ${t('expectedBy', { date: formatDate(one.expected_by) })}`
      return one.state === 'too_old' ? `${one.label}: ${t('state.too_old').toLowerCase()}` : one.label
    })
    .join(' · ')
}

/** Age, count of images, source and who said it, in one line under the item. */
export function itemDetails(item: ReadinessItem, t: Words): string[] {
  const details: string[] = []
  const counts = { ready: item.ready ?? 0, total: item.total ?? 0 }
  if (item.problem) details.push(t(`problem.${item.problem}`, { ...counts, defaultValue: item.problem }))
  else if (item.total !== null) details.push(t('images', counts))
  if (item.source.title) details.push(item.source.title)
  if (item.on) details.push(formatDate(item.on))
  if (item.age_days !== null) details.push(t('age', { count: item.age_days }))
  if (item.max_age_days !== null && item.state !== 'met') details.push(t('ageLimit', { count: item.max_age_days }))
  if (item.source.kind === 'field') details.push(t('field'))
  if (item.expected_by && item.state === 'expected') details.push(t('expectedBy', { date: formatDate(item.expected_by) }))
  if (item.expected_by && item.is_overdue) details.push(t('overdue', { date: formatDate(item.expected_by) }))
  if (item.reason && item.state === 'not_applicable') details.push(item.reason)
  if (item.said_by && item.said_at) details.push(t('said', { by: item.said_by, when: formatRelative(item.said_at) }))
  if (item.owner && item.state !== 'met' && item.state !== 'not_applicable') details.push(...ownerDetails(item.owner, t))
  return details
}

export function ownerDetails(owner: NonNullable<ReadinessItem['owner']>, t: Words): string[] {
  const details = [t('owes', { who: owner.person?.display_name ?? owner.address })]
  if (owner.due_on) details.push(t('dueOn', { date: formatDate(owner.due_on) }))
  if (owner.reminded_at) details.push(t('remindedOn', { when: formatRelative(owner.reminded_at) }))
  return details
}

/** Where a case may go from its state, of what triage offers (MDT-4); the server has the last word. */
const OFFERS: Record<string, readonly string[]> = {
  submitted: ['ready', 'needs_info', 'withdrawn'],
  needs_info: ['ready', 'submitted', 'withdrawn'],
  ready: ['soc_listed', 'needs_info', 'withdrawn'],
  scheduled: ['deferred', 'soc_listed', 'withdrawn'],
  deferred: ['ready', 'needs_info', 'withdrawn'],
  discussed: ['deferred'],
  withdrawn: ['submitted'],
}

export const offeredMoves = (status: string): readonly string[] => OFFERS[status] ?? []

export const DEFERRAL_REASONS = [
  'imaging_missing',
  'imaging_not_reported',
  'outside_imaging_unavailable',
  'pathology_pending',
  'molecular_pending',
  'clinical_info_missing',
  'presenter_absent',
  'discipline_absent',
  'patient_not_fit',
  'patient_wish',
  'out_of_time',
  'wrong_board',
  'other',
] as const
