import { useMemo } from 'react'

import type { LesionBody } from '@/protocol/generated'

import type { LesionStore, LesionWrites } from '../viewer/lesions/lesionStore'
import type { LiveActs } from './liveActs'
import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'

const NONE: readonly LesionBody[] = []

/** Lesions of the live case: state from the log, changes as durable ops. */
export function useLiveLesions(session: LiveSession, acts: LiveActs): LesionStore {
  const listed = useLiveState(session, (state) => state.room.snapshot?.lesions ?? NONE)
  const mayWrite = useLiveState(session, (state) => state.room.can.includes('annotate'))
  const items = useMemo(() => [...listed].sort((a, b) => a.number - b.number), [listed])
  const write = useMemo<LesionWrites>(() => {
    const versionOf = (id: string): number | undefined =>
      session.state.room.snapshot?.lesions.find((one) => one.id === id)?.version
    return {
      create: async (id, saying) => {
        const ack = await acts.act({ kind: 'lesion.put', payload: { id, ...saying } })
        return ack.outcome !== 'rejected'
      },
      revise: (id, saying) => {
        const entity_version = versionOf(id)
        if (entity_version === undefined) return
        void acts.act({ kind: 'lesion.revise', entity: id, entity_version, payload: saying })
      },
      remove: (id) => {
        const entity_version = versionOf(id)
        if (entity_version === undefined) return
        void acts.act({ kind: 'lesion.remove', entity: id, entity_version, payload: {} })
      },
    }
  }, [session, acts])
  return useMemo(() => ({ items, write: mayWrite ? write : null }), [items, write, mayWrite])
}
