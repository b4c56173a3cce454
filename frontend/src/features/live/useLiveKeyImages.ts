import { useMemo } from 'react'

import type { KeyImageBody, OpAck, OpSubmit } from '@/protocol/generated'

import type { KeyImageStore, KeyPlace } from '../viewer/keyImageStore'
import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'

const NONE: readonly KeyImageBody[] = []

/** Key images of the live case: state from the log, changes as durable ops. */
export function useLiveKeyImages(
  session: LiveSession,
  onRefused: (ack: OpAck) => void,
): KeyImageStore {
  const items = useLiveState(session, (state) => state.room.snapshot?.key_images ?? NONE)
  const mayWrite = useLiveState(session, (state) => state.room.can.includes('annotate'))
  const write = useMemo(() => {
    const send = (op: OpSubmit) =>
      void session.submit(op).then((ack) => {
        if (ack.outcome === 'rejected') onRefused(ack)
      })
    return {
      add: (place: KeyPlace) =>
        send({
          type: 'op.submit',
          op_id: crypto.randomUUID(),
          kind: 'key_image.add',
          payload: { ...place, id: crypto.randomUUID() },
        }),
      remove: (id: string) => {
        const known = session.state.room.snapshot?.key_images.find((item) => item.id === id)
        if (!known) return
        send({
          type: 'op.submit',
          op_id: crypto.randomUUID(),
          kind: 'key_image.remove',
          entity: id,
          entity_version: known.version,
          payload: {},
        })
      },
    }
  }, [session, onRefused])
  return useMemo(() => ({ items, write: mayWrite ? write : null }), [items, write, mayWrite])
}
