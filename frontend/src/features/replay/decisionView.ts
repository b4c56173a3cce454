import type { Decision } from '@/api/types'
import type { StageState } from '@/protocol/generated'

/** The view that a signed decision carries. The server wrote and checked it. */
export interface SignedView {
  readonly session: string
  readonly seq: number
  readonly at: string
  readonly stage: StageState
}

/** Null for drafts, whose view is nobody's, and where no room was open. */
export function signedView(decision: Pick<Decision, 'status' | 'view'>): SignedView | null {
  const view = decision.view as Partial<SignedView> | null
  if (decision.status !== 'signed' || !view?.session || !view.stage || view.seq === undefined) return null
  return { session: view.session, seq: view.seq, at: view.at ?? '', stage: view.stage }
}
