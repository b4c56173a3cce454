import type { CaseMember } from '@/api/types'

/** Somebody who may see the case, with every grant that opens it to them. */
export interface Participant {
  user: CaseMember['user']
  grants: CaseMember[]
  /** When the last of the grants ends; null when one of them never does. */
  until: string | null
}

/** One entry per person, in the order of their first grant. */
export function participantsOf(grants: readonly CaseMember[]): Participant[] {
  const byPerson = new Map<string, CaseMember[]>()
  for (const grant of grants) byPerson.set(grant.user.id, [...(byPerson.get(grant.user.id) ?? []), grant])
  return [...byPerson.values()].flatMap((own) => {
    const [first] = own
    return first ? [{ user: first.user, grants: own, until: lastEnd(own) }] : []
  })
}

function lastEnd(grants: readonly CaseMember[]): string | null {
  const ends = grants.map((grant) => grant.expires_at)
  if (ends.includes(null)) return null
  return ends.reduce((latest, end) => (Date.parse(end ?? '') > Date.parse(latest ?? '') ? end : latest), ends[0] ?? null)
}
