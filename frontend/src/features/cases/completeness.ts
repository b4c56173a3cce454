import type { CaseListEntry, Study } from '@/api/types'

type Images = CaseListEntry['images']

/** The case's images as its summary has them, from studies that are read more often. */
export function completenessOf(studies: readonly Study[]): Images {
  const sum = (value: (study: Study) => number) => studies.reduce((total, study) => total + value(study), 0)
  const moments = (name: 'unreachable_since' | 'checked_at') =>
    studies.flatMap((study) => study.at_source[name] ?? []).sort()
  return {
    ready: sum((study) => Number(study.state === 'ready')),
    total: studies.length,
    objects_ready: sum((study) => study.progress.done),
    objects_total: sum((study) => study.progress.total),
    state: stateOf(studies),
    unreachable_since: moments('unreachable_since')[0] ?? null,
    checked_at: moments('checked_at').at(-1) ?? null,
  }
}

/** The worst that is true of any study; a PACS that is away first. */
function stateOf(studies: readonly Study[]): Images['state'] {
  if (studies.length === 0) return 'none'
  const states = new Set(studies.map((study) => study.at_source.state))
  return (['unreachable', 'unknown', 'incomplete'] as const).find((state) => states.has(state)) ?? 'complete'
}
