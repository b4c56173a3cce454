import { useMemo } from 'react'

import type { Vec2, Vec3 } from '@/geometry'
import type { MeasurementBody, MeasurementRevise, OpSubmit } from '@/protocol/generated'
import type { MeasurementDraft } from '@/viewer/annotations'

import type { MeasurementStore, MeasurementWrites } from '../viewer/measurementStore'
import type { LiveActs } from './liveActs'
import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'

const NO_ITEMS: readonly MeasurementBody[] = []

interface Points {
  readonly points_lps: readonly Vec3[] | null
  readonly points_image: readonly Vec2[] | null
}

const wirePoints = ({ points_lps, points_image }: Points): Pick<MeasurementBody, keyof Points> => ({
  points_lps: points_lps && points_lps.map(([x, y, z]) => [x, y, z]),
  points_image: points_image && points_image.map(([column, row]) => [column, row]),
})

/** Ops that are on their way, as drawings. */
function pendingFrom(
  waiting: readonly OpSubmit[],
  items: readonly MeasurementBody[],
): MeasurementDraft[] {
  return waiting.flatMap((op): MeasurementDraft[] => {
    if (op.kind === 'measurement.put') {
      const { payload } = op
      return [
        {
          ...payload,
          sop_instance_uid: payload.sop_instance_uid ?? null,
          frame: payload.frame ?? 1,
          frame_of_reference_uid: payload.frame_of_reference_uid ?? null,
          points_lps: payload.points_lps ?? null,
          points_image: payload.points_image ?? null,
        },
      ]
    }
    if (op.kind !== 'measurement.revise') return []
    if (!op.payload.points_lps && !op.payload.points_image) return [] // only renamed
    const known = items.find((item) => item.id === op.entity)
    if (known === undefined) return []
    return [
      {
        ...known,
        points_lps: op.payload.points_lps ?? null,
        points_image: op.payload.points_image ?? null,
      },
    ]
  })
}

/** Measurements of the live case: state from the log, changes as durable ops. */
export function useLiveMeasurements(session: LiveSession, acts: LiveActs): MeasurementStore {
  const items = useLiveState(session, (state) => state.room.snapshot?.measurements ?? NO_ITEMS)
  const waiting = useLiveState(session, (state) => state.ops.waiting)
  const mayWrite = useLiveState(session, (state) => state.room.can.includes('annotate'))

  const write = useMemo<MeasurementWrites>(() => {
    const known = (id: string): MeasurementBody | undefined =>
      session.state.room.snapshot?.measurements.find((item) => item.id === id)
    const revise = (id: string, payload: MeasurementRevise['payload']) => {
      const before = known(id)
      if (!before) return
      const entity_version = before.version
      void acts.act({ kind: 'measurement.revise', entity: id, entity_version, payload })
    }
    return {
      create: (draft) =>
        void acts.act({ kind: 'measurement.put', payload: { ...draft, ...wirePoints(draft) } }),
      revise: ({ id, ...points }) => revise(id, wirePoints(points)),
      rename: (id, naming) => revise(id, { ...naming }),
      remove: (id) => {
        const entity_version = known(id)?.version
        if (entity_version === undefined) return
        void acts.act({ kind: 'measurement.remove', entity: id, entity_version, payload: {} })
      },
      assign: (id, lesion) => {
        const before = known(id)
        if (!before || before.lesion === lesion) return
        const entity_version = before.version
        void acts.act({ kind: 'measurement.assign', entity: id, entity_version, payload: { lesion } })
      },
      undo: () => void acts.undo(),
      redo: () => void acts.redo(),
    }
  }, [session, acts])

  const pending = useMemo(() => pendingFrom(waiting, items), [waiting, items])
  return useMemo(
    () => ({ items, pending, write: mayWrite ? write : null }),
    [items, pending, write, mayWrite],
  )
}
