import { useMemo } from 'react'

import type { KeyImageBody } from '@/protocol/generated'

import type { KeyImageStore, KeyPlace } from '../viewer/keyImageStore'
import type { LiveActs } from './liveActs'
import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'

const NONE: readonly KeyImageBody[] = []

/** Key images of the live case: state from the log, changes as durable ops. */
export function useLiveKeyImages(session: LiveSession, acts: LiveActs): KeyImageStore {
  const items = useLiveState(session, (state) => state.room.snapshot?.key_images ?? NONE)
  const mayWrite = useLiveState(session, (state) => state.room.can.includes('annotate'))
  const write = useMemo(() => {
    return {
      add: (place: KeyPlace) =>
        void acts.act({ kind: 'key_image.add', payload: { ...place, id: crypto.randomUUID() } }),
      remove: (id: string) => {
        const known = session.state.room.snapshot?.key_images.find((item) => item.id === id)
        if (!known) return
        const entity_version = known.version
        void acts.act({ kind: 'key_image.remove', entity: id, entity_version, payload: {} })
      },
    }
  }, [session, acts])
  return useMemo(() => ({ items, write: mayWrite ? write : null }), [items, write, mayWrite])
}
