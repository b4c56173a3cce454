import type { AttendanceBody, Gathering, LogEvent, PresenterAsk, Snapshot } from './generated'

export const NOBODY: Gathering = { attendance: [], needs: [], asks: [] }

/** Events about the meeting's people; the server keeps the same fold in `apps/live/gathering.py`. */
export type GatheringEvent = Extract<
  LogEvent,
  {
    kind:
      | 'attendance.changed'
      | 'attendance.removed'
      | 'quorum.changed'
      | 'presenter.asked'
      | 'presenter.ask_ended'
      | 'presenter.changed'
  }
>

const without = <One extends AttendanceBody | PresenterAsk>(
  people: readonly One[],
  userId: string | undefined,
): One[] => people.filter((one) => one.user.id !== userId)

const byUser = (a: AttendanceBody, b: AttendanceBody): number =>
  a.user.id < b.user.id ? -1 : a.user.id > b.user.id ? 1 : 0

/** snapshot ⊕ event for what lasts of the people: attendance, the quorum's needs, who asks. */
export function gather(snapshot: Snapshot, event: GatheringEvent): Snapshot {
  const before = snapshot.gathering
  switch (event.kind) {
    case 'attendance.changed': {
      const row = event.payload.attendance
      const attendance = [...without(before.attendance, row.user.id), row].sort(byUser)
      return { ...snapshot, gathering: { ...before, attendance } }
    }
    case 'attendance.removed': {
      const attendance = without(before.attendance, event.payload.user)
      return { ...snapshot, gathering: { ...before, attendance } }
    }
    case 'quorum.changed':
      return { ...snapshot, gathering: { ...before, needs: event.payload.needs } }
    case 'presenter.asked': {
      const { ask } = event.payload
      return { ...snapshot, gathering: { ...before, asks: [...without(before.asks, ask.user.id), ask] } }
    }
    case 'presenter.ask_ended':
      return { ...snapshot, gathering: { ...before, asks: without(before.asks, event.payload.user) } }
    case 'presenter.changed':
      return withoutAsk(snapshot, event.payload.presenter.user?.id)
  }
}

/** Whoever has the token asks no longer. */
function withoutAsk(snapshot: Snapshot, userId: string | undefined): Snapshot {
  const { gathering } = snapshot
  if (!gathering.asks.some((ask) => ask.user.id === userId)) return snapshot
  return { ...snapshot, gathering: { ...gathering, asks: without(gathering.asks, userId) } }
}
