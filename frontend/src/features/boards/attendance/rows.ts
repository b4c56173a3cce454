import type { PersonRef } from '@/api/types'

export type Arrival = 'joined' | 'checked_in' | 'ticked'

/** A line of the list: somebody who is or was here, or has a seat and is not here. */
export interface AttendanceRow {
  readonly user: PersonRef
  readonly counts: boolean
  readonly present: boolean
  /** Null for whoever has a seat on the board and did not come. */
  readonly how: Arrival | null
  readonly arrived_at: string | null
  readonly left_at: string | null
}

/** Everybody with a seat, in the order of the board, then whoever else came. Nobody twice. */
export function attendanceRows(
  seats: readonly PersonRef[],
  attendance: readonly (Omit<AttendanceRow, 'how'> & { readonly how: Arrival })[],
): AttendanceRow[] {
  const known = new Map(attendance.map((row) => [row.user.id, row]))
  const seated = seats.map(
    (user): AttendanceRow =>
      known.get(user.id) ?? { user, counts: false, present: false, how: null, arrived_at: null, left_at: null },
  )
  const ids = new Set(seats.map((user) => user.id))
  return [...seated, ...attendance.filter((row) => !ids.has(row.user.id))]
}
