interface Hand {
  readonly user: string
  readonly hand_raised: boolean
  readonly hand_at: number | null
}

/** Raised hands, the longest first, by the server's clock. A hand of unknown time comes last. */
export function handsInOrder<One extends Hand>(people: readonly One[]): One[] {
  const since = (one: Hand) => one.hand_at ?? Number.POSITIVE_INFINITY
  return people
    .filter((one) => one.hand_raised)
    .sort((a, b) => since(a) - since(b) || a.user.localeCompare(b.user))
}

/** Ids of those whose hand is up, as a text: a pointer that moves changes nothing in it. */
export const handsUp = (presence: Readonly<Record<string, Hand>>): string =>
  handsInOrder(Object.values(presence))
    .map((one) => one.user)
    .join(' ')
