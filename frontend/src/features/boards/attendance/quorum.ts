/** One person as the quorum sees them; `apps/boards/quorum.py` computes the same. */
export interface Attendee {
  readonly user: { readonly discipline: string }
  readonly counts: boolean
  readonly present: boolean
}

/** Disciplines the board needs and nobody who counts and is here now brings, in its order. */
export function missingDisciplines(
  needs: readonly string[],
  attendees: readonly Attendee[],
): string[] {
  const here = new Set(
    attendees.filter((one) => one.counts && one.present).map((one) => one.user.discipline),
  )
  return needs.filter((discipline) => !here.has(discipline))
}
