import type { Decision, PersonRef } from '@/api/types'

export interface Tally {
  readonly agree: readonly PersonRef[]
  readonly dissent: readonly { readonly person: PersonRef; readonly statement: string }[]
  readonly abstain: readonly PersonRef[]
  /** Stated, but on a text that was changed since. */
  readonly old: readonly PersonRef[]
  /** Present, with a vote, and not heard yet. */
  readonly waiting: readonly PersonRef[]
}

type Draft = Pick<Decision, 'positions' | 'text_version'>

/** Where everybody stands on the text as it is now. Nobody is counted twice, nobody guessed. */
export function tallyOf(decision: Draft, voters: readonly PersonRef[]): Tally {
  const now = decision.positions.filter((one) => one.text_version >= decision.text_version)
  const stated = new Set(now.map((one) => one.user.id))
  const before = decision.positions.filter((one) => !stated.has(one.user.id))
  const old = new Set(before.map((one) => one.user.id))
  const of = (stance: string) => now.filter((one) => one.stance === stance)
  return {
    agree: of('agree').map(({ user }) => user),
    dissent: of('dissent').map(({ user, statement }) => ({ person: user, statement })),
    abstain: of('abstain').map(({ user }) => user),
    old: before.map(({ user }) => user),
    waiting: voters.filter(({ id }) => !stated.has(id) && !old.has(id)),
  }
}
