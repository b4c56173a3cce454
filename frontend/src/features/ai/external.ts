import type { Finding } from '@/api/types'
import { i18next } from '@/locales/i18n'
import { formatDate } from '@/ui/format'

export type FindingSource = 'all' | 'house' | 'external'
export const FINDING_SOURCES: readonly FindingSource[] = ['all', 'house', 'external']

type External = NonNullable<Finding['external']>

export const isFrom = (finding: Finding, source: FindingSource): boolean =>
  source === 'all' || (finding.external !== null) === (source === 'external')

const t = (key: string, values: Record<string, unknown> = {}): string => i18next.t(key, { ns: 'external', ...values })

/** "Acme Nodule CAD, version 2": what is not stated is said to be unknown. */
export function makerWords(external: External): string {
  const name = [external.manufacturer || t('unknownMaker'), external.algorithm || t('unknownAlgorithm').toLowerCase()].join(' ')
  return `${name}, ${versionWords(external)}`
}

export const versionWords = (external: External): string =>
  external.version === 'unknown' ? t('unknownVersion') : t('version', { version: external.version })

/** What its report says of itself; it decides nothing here. */
export function verificationWords(external: External): string {
  if (!external.verification) return t('verification.none')
  if (external.verification === 'unverified') return t('verification.unverified')
  const state = external.verified_by ? t('verification.verifiedBy', { who: external.verified_by }) : t('verification.verified')
  return external.verified_at ? t('verification.at', { state, when: formatDate(external.verified_at) }) : state
}
