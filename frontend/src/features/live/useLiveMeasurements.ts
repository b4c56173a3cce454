import { useMemo } from 'react'

import type { Vec2, Vec3 } from '@/geometry'
import type { MeasurementPut, MeasurementRevise, OpAck, OpSubmit } from '@/protocol/generated'
import type { MeasurementBody } from '@/protocol/generated'
import type { MeasurementDraft } from '@/viewer/annotations'

import type { MeasurementStore, MeasurementWrites } from '../viewer/measurementStore'
import { usePerCase } from '../viewer/usePerCase'
import type { LiveSession, LiveState } from './liveSession'
import { useLiveState } from './useLiveSession'

const NO_ITEMS: readonly MeasurementBody[] = []

const put = (payload: MeasurementPut['payload'], version?: number): MeasurementPut => ({
  type: 'op.submit',
  op_id: crypto.randomUUID(),
  kind: 'measurement.put',
  ...(version === undefined ? {} : { entity: payload.id, entity_version: version }),
  payload,
})

const revise = (
  id: string,
  version: number,
  payload: MeasurementRevise['payload'],
): MeasurementRevise => ({
  type: 'op.submit',
  op_id: crypto.randomUUID(),
  kind: 'measurement.revise',
  entity: id,
  entity_version: version,
  payload,
})

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

/** A body as an op puts it back (LIVE-O5: undo is a new inverse op). */
const payloadOf = (body: MeasurementBody): MeasurementPut['payload'] => ({
  id: body.id,
  kind: body.kind,
  study_instance_uid: body.study_instance_uid,
  series_instance_uid: body.series_instance_uid,
  sop_instance_uid: body.sop_instance_uid,
  frame: body.frame,
  frame_of_reference_uid: body.frame_of_reference_uid,
  points_lps: body.points_lps,
  points_image: body.points_image,
  label: body.label,
  site: body.site,
})

/** Measurements of the live case: state from the log, changes as durable ops. */
export function useLiveMeasurements(
  session: LiveSession,
  caseId: string,
  onRefused: (ack: OpAck) => void,
): MeasurementStore {
  const items = useLiveState(session, (state) => state.room.snapshot?.measurements ?? NO_ITEMS)
  const waiting = useLiveState(session, (state) => state.ops.waiting)
  const mayWrite = useLiveState(session, (state) => state.room.can.includes('annotate'))
  // What was drawn in another case is not undone from this one.
  const undoStack = usePerCase<(() => OpSubmit | null)[]>(caseId, () => [])

  const write = useMemo<MeasurementWrites>(() => {
    const known = (id: string, state: LiveState = session.state): MeasurementBody | undefined =>
      state.room.snapshot?.measurements.find((item) => item.id === id)
    const send = (op: OpSubmit, inverse: (() => OpSubmit | null) | null) => {
      void session.submit(op).then((ack) => {
        if (ack.outcome === 'rejected') onRefused(ack)
        else if (inverse) undoStack.push(inverse)
      })
    }
    const removal = (id: string): OpSubmit | null => {
      const body = known(id)
      if (!body) return null
      return {
        type: 'op.submit',
        op_id: crypto.randomUUID(),
        kind: 'measurement.remove',
        entity: id,
        entity_version: body.version,
        payload: {},
      }
    }
    return {
      create: (draft) => {
        send(put({ ...draft, ...wirePoints(draft) }), () => removal(draft.id))
      },
      revise: ({ id, ...points }) => {
        const before = known(id)
        if (!before) return
        send(revise(id, before.version, wirePoints(points)), () => {
          const now = known(id)
          const { points_lps, points_image } = before
          return now ? revise(id, now.version, { points_lps, points_image }) : null
        })
      },
      rename: (id, naming) => {
        const before = known(id)
        if (!before) return
        send(revise(id, before.version, { ...naming }), () => {
          const now = known(id)
          const { label, site } = before
          return now ? revise(id, now.version, { label, site }) : null
        })
      },
      remove: (id) => {
        const before = known(id)
        const op = removal(id)
        if (before && op) send(op, () => put(payloadOf(before), before.version + 1))
      },
      undo: () => {
        const op = undoStack.pop()?.()
        if (op) send(op, null)
      },
    }
  }, [session, undoStack, onRefused])

  const pending = useMemo(() => pendingFrom(waiting, items), [waiting, items])
  return useMemo(
    () => ({ items, pending, write: mayWrite ? write : null }),
    [items, pending, write, mayWrite],
  )
}
