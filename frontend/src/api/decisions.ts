import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import { getAll } from './pages'
import type { Changes, Consensus, Decision, DecisionNote, DecisionText, SignedMany, Signing, Stance, WaitingDecision } from './types'

const keys = {
  ofCase: (caseId: string) => ['decisions', caseId] as const,
  text: (id: string) => ['decision-text', id] as const,
  changes: (caseId: string) => ['decision-changes', caseId] as const,
  signing: ['signing'] as const,
  waiting: ['signing', 'waiting'] as const,
}

export function useDecisions(caseId: string, enabled = true) {
  return useQuery({
    queryKey: keys.ofCase(caseId),
    queryFn: ({ signal }) => getAll<Decision>('/api/decisions', { query: { case: caseId }, signal }),
    enabled,
    refetchInterval: 20_000,
  })
}

export interface EvidenceDraft {
  title: string
  version: string
  url: string
  grade: string
}

export interface AlternativeDraft {
  text: string
  why_not: string
}

export interface RecommendationDraft {
  text: string
  intent: string
  modality: string
  urgency: string
  /** A person of the house, or else somebody named. */
  responsible: string | null
  responsible_name: string
  due: string | null
  condition: string
  fallbacks: string[]
  evidence: EvidenceDraft[]
}

export interface PositionDraft {
  user: string
  stance: Stance
  statement: string
}

/** What a person fills in; the rest of a Decision is the server's. */
export interface DecisionDraft {
  recommendations: RecommendationDraft[]
  consensus: Consensus | ''
  positions: PositionDraft[]
  summary: string
  conditions: string
  alternatives: AlternativeDraft[]
  trial_considered: string
  trial_id: string
  patient_view: string
  patient_view_text: string
}

export const emptyRecommendation = (part: Partial<RecommendationDraft> = {}): RecommendationDraft => ({
  text: '',
  intent: '',
  modality: '',
  urgency: '',
  responsible: null,
  responsible_name: '',
  due: null,
  condition: '',
  fallbacks: [],
  evidence: [],
  ...part,
})

/** An empty form: no consensus is chosen for anybody. */
export const emptyDraft = (): DecisionDraft => ({
  recommendations: [emptyRecommendation()],
  consensus: '',
  positions: [],
  summary: '',
  conditions: '',
  alternatives: [],
  trial_considered: '',
  trial_id: '',
  patient_view: '',
  patient_view_text: '',
})

export function draftOf(decision: Decision): DecisionDraft {
  return {
    recommendations: [...decision.recommendations]
      .sort((a, b) => a.position - b.position)
      .map(({ text, intent, modality, urgency, responsible, responsible_name, due, condition, fallbacks, evidence }) => ({
        text,
        intent,
        modality,
        urgency,
        responsible: responsible?.id ?? null,
        responsible_name,
        due,
        condition,
        fallbacks: [...fallbacks],
        evidence: evidence.map((one) => ({ title: one.title, version: one.version, url: one.url, grade: one.grade })),
      })),
    consensus: decision.consensus,
    positions: decision.positions.map(({ user, stance, statement }) => ({ user: user.id, stance, statement })),
    summary: decision.summary,
    conditions: decision.conditions,
    alternatives: decision.alternatives.map(({ text, why_not }) => ({ text, why_not })),
    trial_considered: decision.trial_considered,
    trial_id: decision.trial_id,
    patient_view: decision.patient_view,
    patient_view_text: decision.patient_view_text,
  }
}

export type Gap = 'recommendation' | 'consensus' | 'dissent'

/** What keeps a draft from being kept, as catalogue keys; empty when it may be. */
export function draftGaps(draft: DecisionDraft): Gap[] {
  const gaps: Gap[] = []
  if (!draft.recommendations.some((entry) => entry.text.trim())) gaps.push('recommendation')
  if (!draft.consensus) gaps.push('consensus')
  if (draft.positions.some((entry) => entry.stance === 'dissent' && !entry.statement.trim())) gaps.push('dissent')
  return gaps
}

/** The body that REST and the live op `decision.draft` share. */
export function draftBody(draft: DecisionDraft) {
  return {
    recommendations: draft.recommendations
      .filter((entry) => entry.text.trim())
      .map((entry) => ({
        text: entry.text.trim(),
        ...(entry.intent ? { intent: entry.intent } : {}),
        modality: entry.modality,
        urgency: entry.urgency,
        responsible: entry.responsible,
        responsible_name: entry.responsible ? '' : entry.responsible_name.trim(),
        due: entry.due || null,
        condition: entry.condition.trim(),
        fallbacks: entry.fallbacks.map((one) => one.trim()).filter(Boolean),
        evidence: entry.evidence.filter((one) => one.title.trim() || one.url.trim()),
      })),
    positions: draft.positions.map(({ user, stance, statement }) => ({ user, stance, statement: statement.trim() })),
    consensus: draft.consensus,
    summary: draft.summary.trim(),
    conditions: draft.conditions.trim(),
    alternatives: draft.alternatives.filter((one) => one.text.trim()),
    trial_considered: draft.trial_considered,
    trial_id: draft.trial_considered === 'yes' ? draft.trial_id.trim() : '',
    patient_view: draft.patient_view,
    patient_view_text: draft.patient_view_text.trim(),
  }
}

/** The draft that was read, by its version: what somebody else saved since is refused. */
export interface Seen {
  id: string
  version: number
}

export function useDecisionActions(caseId: string) {
  const client = useQueryClient()
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: keys.ofCase(caseId) }),
      client.invalidateQueries({ queryKey: ['case', caseId] }),
    ])
  return {
    save: useMutation({
      mutationFn: ({ seen, meetingId, draft }: { seen: Seen | null; meetingId: string | null; draft: DecisionDraft }) => {
        const body = { ...draftBody(draft), meeting: meetingId }
        return seen
          ? http.patch<Decision>(`/api/decisions/${seen.id}`, body, { version: seen.version })
          : http.post<Decision>('/api/decisions', { case: caseId, ...body })
      },
      onSettled: refresh,
    }),
    statePosition: useMutation({
      mutationFn: ({ decision, stance, statement }: { decision: Decision; stance: Stance; statement: string }) =>
        http.post<Decision>(`/api/decisions/${decision.id}/position`, { stance, statement, text_version: decision.text_version }),
      onSettled: refresh,
    }),
  }
}

/** What is read before it is signed; never from a cache. */
export function useDecisionText(id: string | null) {
  return useQuery({
    queryKey: keys.text(id ?? ''),
    queryFn: ({ signal }) => http.get<DecisionText>(`/api/decisions/${id}/text`, { signal }),
    enabled: id !== null,
    gcTime: 0,
    staleTime: 0,
  })
}

export const fetchDecisionText = (id: string) => http.get<DecisionText>(`/api/decisions/${id}/text`)

/** How many wait for me, and until when my signature needs no new proof. */
export function useSigning(enabled = true) {
  return useQuery({
    queryKey: keys.signing,
    queryFn: ({ signal }) => http.get<Signing>('/api/signing', { signal }),
    enabled,
    refetchInterval: 60_000,
  })
}

export function useWaitingDecisions() {
  return useQuery({
    queryKey: keys.waiting,
    queryFn: ({ signal }) => getAll<WaitingDecision>('/api/decisions/to-sign', { signal }),
    refetchInterval: 60_000,
  })
}

export type Read = Pick<DecisionText, 'id' | 'version' | 'digest'>

export function useSign() {
  const client = useQueryClient()
  const refresh = () =>
    Promise.all([['decisions'], ['case'], ['cases'], ['signing'], ['decision-text']].map((queryKey) => client.invalidateQueries({ queryKey })))
  return {
    one: useMutation({
      mutationFn: ({ id, version, digest }: Read) => http.post<Decision>(`/api/decisions/${id}/sign`, { digest }, { version }),
      onSettled: refresh,
    }),
    many: useMutation({
      mutationFn: (read: readonly Read[]) =>
        http.post<SignedMany>('/api/decisions/sign', {
          decisions: read.map(({ id, version, digest }) => ({ id, version, digest })),
        }),
      onSettled: refresh,
    }),
  }
}

export interface AddendumDraft {
  id: string
  text: string
  reason: string
  is_correction: boolean
}

export interface ToldDraft {
  id: string
  told_at: string
  told_by: string | null
  told_by_name: string
  how: string
  text: string
}

/** What comes after a signature. Each has an id of its own: sent twice it is one. */
export function useDecisionNotes(decision: Pick<Decision, 'id' | 'case'>) {
  const client = useQueryClient()
  const path = `/api/decisions/${decision.id}`
  const onSettled = () => client.invalidateQueries({ queryKey: keys.ofCase(decision.case) })
  return {
    addAddendum: useMutation({ mutationFn: (draft: AddendumDraft) => http.post<DecisionNote>(`${path}/addenda`, draft), onSettled }),
    noteTold: useMutation({ mutationFn: (draft: ToldDraft) => http.post<DecisionNote>(`${path}/told`, draft), onSettled }),
    confirm: useMutation({ mutationFn: (meeting: string) => http.post<DecisionNote>(`${path}/confirm`, { meeting }), onSettled }),
  }
}

/** What is new in a case since its board last decided. */
export function useChanges(caseId: string, enabled = true) {
  return useQuery({
    queryKey: keys.changes(caseId),
    queryFn: ({ signal }) => http.get<Changes>('/api/decisions/changes', { query: { case: caseId }, signal }),
    enabled,
    staleTime: 30_000,
  })
}
