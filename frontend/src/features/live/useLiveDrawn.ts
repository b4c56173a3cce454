import { useEffect, useMemo } from 'react'

import type { Who } from '@/protocol/generated'

import type { DrawnLease, DrawnRoom } from '../viewer/brush/useDrawnRoom'
import type { DrawnTransport } from '../viewer/brush/drawing'
import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'

/** Strokes of the room: the chunk went by HTTP, the commit is one op (LIVE-S2). */
export function useDrawnTransport(session: LiveSession): DrawnTransport {
  return useMemo(
    () => ({
      commit: async (id, parent, sha256) => {
        const ack = await session.submitOrThrow({
          type: 'op.submit',
          op_id: crypto.randomUUID(),
          kind: 'segmentation.revise',
          entity: id,
          payload: { parent, sha256 },
        })
        return ack.outcome === 'committed' ? parent + 1 : parent
      },
      revert: async (id, parent, revision) => {
        const ack = await session.submitOrThrow({
          type: 'op.submit',
          op_id: crypto.randomUUID(),
          kind: 'segmentation.revert',
          entity: id,
          payload: { parent, revision },
        })
        return ack.outcome === 'committed' ? parent + 1 : parent
      },
    }),
    [session],
  )
}

/** Who paints, as the room says it (LIVE-S1). */
export function useDrawnLease(session: LiveSession): DrawnLease {
  const leases = useLiveState(session, (state) => state.room.leases)
  const mayTakeOver = useLiveState(session, (state) => state.room.role === 'chair')
  return useMemo(
    () => ({
      isMine: (id: string) => leases[id]?.mine ?? false,
      heldBy: (id: string): Who | null => {
        const lease = leases[id]
        return lease === undefined || lease.mine ? null : lease.holder
      },
      acquire: (id: string, take_over: boolean) => session.askForLease(id, take_over),
      release: (id: string) => session.releaseLease(id),
      mayTakeOver,
    }),
    [session, leases, mayTakeOver],
  )
}

/** Keeps what is painted on, and hears what others painted. */
export function useDrawnSync(session: LiveSession, { drawing, target }: DrawnRoom): void {
  const id = target?.id ?? null
  const renew_s = useLiveState(session, ({ room }) => {
    const lease = id === null ? undefined : room.leases[id]
    return lease?.mine ? lease.renew_after_s : null
  })
  useEffect(() => {
    if (id === null || renew_s === null) return
    const timer = setInterval(() => session.renewLease(id), renew_s * 1000)
    return () => clearInterval(timer)
  }, [session, id, renew_s])
  // After a reconnect, or when whoever had it is done, it is asked for again.
  const isFree = useLiveState(
    session,
    ({ room, status }) => id !== null && status === 'open' && room.joined && !(id in room.leases),
  )
  useEffect(() => {
    if (id !== null && isFree) session.askForLease(id, false)
  }, [session, id, isFree])
  useEffect(
    () =>
      session.happened.on((event) => {
        if (event.kind !== 'segmentation.revised') return
        void drawing.take(event.payload.segmentation.id, event.payload)
      }),
    [session, drawing],
  )
}
