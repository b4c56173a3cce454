import type { Snapshot, SoFar } from '@/protocol/generated'

/** Whoever comes within this of the case's beginning has missed nothing worth a screen. */
export const LATE_AFTER_MS = 45_000

export interface CatchUpFacts {
  readonly since: string
  readonly views: number
  readonly measurements: number
  readonly findingsReviewed: number
  readonly findingsOpen: number
  readonly decision: 'none' | 'draft' | 'signed'
  /** The last words of each who spoke, the newest first. */
  readonly lastWords: readonly { readonly name: string; readonly text: string; readonly at: string }[]
}

const SPEAKERS = 3

/** What a late-comer missed of the case; null where there is nothing to catch up with. */
export function catchUpFacts(
  so_far: SoFar | null,
  snapshot: Snapshot | null,
  now_ms: number,
): CatchUpFacts | null {
  if (so_far === null || snapshot === null) return null
  if (now_ms - Date.parse(so_far.since) < LATE_AFTER_MS) return null
  const reviewed = snapshot.findings.filter((one) => one.state !== 'unreviewed').length
  const seen = new Set<string>()
  const lastWords = [...snapshot.chat]
    .reverse()
    .filter(({ author }) => !seen.has(author.id) && seen.add(author.id))
    .slice(0, SPEAKERS)
    .map(({ author, text, at }) => ({ name: author.display_name, text, at }))
  return {
    since: so_far.since,
    views: so_far.views_shown,
    measurements: snapshot.measurements.length,
    findingsReviewed: reviewed,
    findingsOpen: snapshot.findings.length - reviewed,
    decision: decisionOf(snapshot),
    lastWords,
  }
}

function decisionOf({ decisions }: Snapshot): CatchUpFacts['decision'] {
  if (decisions.some((one) => one.status === 'draft')) return 'draft'
  return decisions.length > 0 ? 'signed' : 'none'
}
