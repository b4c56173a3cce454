import type { DecisionDraft, PositionDraft, RecommendationDraft } from '@/api/boards'

/** One field that two people wrote differently; `mine` stays in the form until somebody chooses. */
export interface Conflict {
  /** `summary`, `recommendations`, `recommendations.0.text`, `positions.<user>`. */
  path: string
  mine: unknown
  theirs: unknown
}

export interface Merged {
  draft: DecisionDraft
  conflicts: Conflict[]
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/**
 * What two people made of the same draft, field by field: what only one of them changed is taken
 * from whom it is; what both changed differently is a conflict, and nothing of it is lost.
 */
export function mergeDrafts(base: DecisionDraft, mine: DecisionDraft, theirs: DecisionDraft): Merged {
  const conflicts: Conflict[] = []
  const pick = <T>(path: string, was: T, own: T, other: T): T => {
    if (same(own, was)) return other
    if (!same(other, was) && !same(own, other)) conflicts.push({ path, mine: own, theirs: other })
    return own
  }
  const draft: DecisionDraft = {
    recommendations: mergeRecommendations(base.recommendations, mine.recommendations, theirs.recommendations, pick),
    positions: mergePositions(base.positions, mine.positions, theirs.positions, pick),
    consensus: pick('consensus', base.consensus, mine.consensus, theirs.consensus),
    summary: pick('summary', base.summary, mine.summary, theirs.summary),
    conditions: pick('conditions', base.conditions, mine.conditions, theirs.conditions),
    alternatives: pick('alternatives', base.alternatives, mine.alternatives, theirs.alternatives),
    trial_considered: pick('trial_considered', base.trial_considered, mine.trial_considered, theirs.trial_considered),
    trial_id: pick('trial_id', base.trial_id, mine.trial_id, theirs.trial_id),
    patient_view: pick('patient_view', base.patient_view, mine.patient_view, theirs.patient_view),
    patient_view_text: pick('patient_view_text', base.patient_view_text, mine.patient_view_text, theirs.patient_view_text),
  }
  return { draft, conflicts }
}

type Pick = <T>(path: string, was: T, own: T, other: T) => T

/** Field by field where nobody added, removed or moved one; otherwise the list is one field. */
function mergeRecommendations(base: RecommendationDraft[], mine: RecommendationDraft[], theirs: RecommendationDraft[], pick: Pick): RecommendationDraft[] {
  if (base.length !== mine.length || base.length !== theirs.length || moved(base, mine) || moved(base, theirs)) {
    return pick('recommendations', base, mine, theirs)
  }
  return base.map((was, index) => {
    const own = mine[index] ?? was
    const other = theirs[index] ?? was
    const merged = { ...own } as Record<string, unknown>
    for (const name of Object.keys(was) as (keyof RecommendationDraft)[]) {
      merged[name] = pick(`recommendations.${index}.${name}`, was[name], own[name], other[name])
    }
    return merged as unknown as RecommendationDraft
  })
}

/** A text that stands elsewhere than before: fields can no longer be told apart by their place. */
function moved(before: readonly RecommendationDraft[], after: readonly RecommendationDraft[]): boolean {
  return after.some((entry, index) => before.some((was, at) => at !== index && was.text !== '' && was.text === entry.text && before[index]?.text !== entry.text))
}

function mergePositions(base: PositionDraft[], mine: PositionDraft[], theirs: PositionDraft[], pick: Pick): PositionDraft[] {
  const of = (entries: PositionDraft[], user: string) => entries.find((entry) => entry.user === user) ?? null
  const users = [...new Set([...theirs, ...mine].map((entry) => entry.user))]
  return users.flatMap((user) => pick(`positions.${user}`, of(base, user), of(mine, user), of(theirs, user)) ?? [])
}

/** The draft with one conflict settled the other way. */
export function takeTheirs(draft: DecisionDraft, { path, theirs }: Conflict): DecisionDraft {
  const [field = '', key, name] = path.split('.')
  if (field === 'positions' && key !== undefined) {
    const others = draft.positions.filter((entry) => entry.user !== key)
    return { ...draft, positions: theirs === null ? others : [...others, theirs as PositionDraft] }
  }
  if (field === 'recommendations' && key !== undefined && name !== undefined) {
    const recommendations = draft.recommendations.map((entry, index) => (index === Number(key) ? { ...entry, [name]: theirs } : entry))
    return { ...draft, recommendations }
  }
  return { ...draft, [field]: theirs }
}
