import type { Implementation, NonAdherenceReason, ResultBody } from '@/api/followup'

/** What a person chooses: a result, that it goes on, or that the patient was lost. */
export type Choice = Implementation | 'ongoing' | 'lost-to-follow-up'

export const CHOICES: readonly Choice[] = ['full', 'partial', 'not', 'ongoing', 'lost-to-follow-up']

/** In the order in which boards name them (clinical reference, B). */
export const REASONS: readonly NonAdherenceReason[] = [
  'patient-wish',
  'patient-refusal',
  'did-not-attend',
  'patient-death',
  'deterioration',
  'comorbidity-arose',
  'medical-reason',
  'toxicity',
  'progression',
  'chronic-remission',
  'condition-not-met',
  'new-information',
  'incorrect-information-at-MDT',
  'no-indication',
  'other-therapy-chosen',
  'best-supportive-care',
  'regular-completion',
  'payment-refused',
  'payment-pending',
  'payment-ended',
  'lost-to-fu',
  'unknown',
  'other',
]

export interface ResultDraft {
  choice: Choice | null
  reason: string | null
  text: string
}

export const emptyResult = (): ResultDraft => ({ choice: null, reason: null, text: '' })

export const needsReason = (choice: Choice | null): boolean => choice === 'partial' || choice === 'not'
export const needsWords = (reason: string | null): boolean => reason === 'other' || reason === 'unknown'

/** What is still missing, as catalogue keys. The server asks the same again. */
export function resultGaps({ choice, reason, text }: ResultDraft): ('choice' | 'reason' | 'text')[] {
  if (!choice) return ['choice']
  if (needsReason(choice) && !reason) return ['reason']
  return needsReason(choice) && needsWords(reason) && !text.trim() ? ['text'] : []
}

export function resultBody({ choice, reason, text }: ResultDraft, corrects?: string): ResultBody {
  const said: ResultBody = { text: text.trim(), ...(corrects ? { corrects } : {}) }
  if (choice === 'ongoing' || choice === 'lost-to-follow-up') return { ...said, follow_up_status: choice }
  return { ...said, ...(choice ? { implementation: choice } : {}), ...(needsReason(choice) && reason ? { reason_code: reason } : {}) }
}
