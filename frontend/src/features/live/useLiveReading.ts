import { useEffect } from 'react'

import { isPresenting } from '@/protocol/room'
import { publishReading } from '@/viewer/testHook'

import type { LiveSession } from './liveSession'

/** `window.__consilium.live()`: where this window stands in the room. Reading only. */
export function useLiveReading(session: LiveSession): void {
  useEffect(
    () =>
      publishReading('live', () => {
        const { room, ops, status, stopReason, polling, following } = session.state
        return {
          status,
          stop_reason: stopReason,
          polling,
          following,
          presenting: isPresenting(room),
          presenter: room.presenter.user?.id ?? null,
          epoch: room.presenter.epoch,
          followers: room.followers,
          case_id: room.case_id,
          projection: room.projection,
          agenda_item: room.agenda_item,
          ai_hidden: room.ai_hidden,
          head: room.head,
          pending_ops: ops.waiting.length,
          refused: room.refused,
          people: room.people.length,
          may_paint: Object.keys(room.leases).filter((id) => room.leases[id]?.mine),
          stage: room.stage && { epoch: room.stage.epoch, rev: room.stage.rev },
          snapshot: room.snapshot && {
            measurements: room.snapshot.measurements.map(({ id, version }) => ({ id, version })),
            lesions: room.snapshot.lesions.map(({ id, version }) => ({ id, version })),
            findings: room.snapshot.findings,
            decisions: room.snapshot.decisions,
            chat: room.snapshot.chat.length,
          },
        }
      }),
    [session],
  )
}
