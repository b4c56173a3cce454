import type { KeyImageBody, LesionBody, MeasurementBody, OpSubmit, Snapshot } from './generated'

/** An op before it has an id: what undo and redo carry out. */
export type OpDraft = OpSubmit extends infer Op ? (Op extends OpSubmit ? Omit<Op, 'op_id' | 'type'> : never) : never

/** What the room is like when an op is judged: its entities, and the case on screen. */
export interface Situation {
  readonly snapshot: Snapshot | null
  readonly agenda_item: string | null
}

/**
 * One act to carry out. `restores` is the version whose content comes back: whoever expected
 * that version of the thing expects the new one afterwards.
 */
export interface Step {
  readonly op: OpDraft
  readonly restores: number | null
}

/** One's own acts in one case of one session, newest last (LIVE-O5, X5). */
export interface History {
  readonly done: readonly Step[]
  readonly undone: readonly Step[]
}

export const NO_HISTORY: History = { done: [], undone: [] }
const KEPT = 200

const said = (value: unknown): boolean => value !== undefined && value !== null

/** What an op is on, where that thing has versions. */
const entityOf = (op: OpDraft): string | null => ('entity' in op ? (op.entity ?? null) : null)
const versionOf = (op: OpDraft): number | null =>
  'entity_version' in op ? (op.entity_version ?? null) : null

/** The op that takes `op` back, computed before it is carried out; null where there is none. */
export function inverseOf(op: OpDraft, before: Situation): Step | null {
  switch (op.kind) {
    case 'measurement.put':
      return removal('measurement.remove', op.payload.id, op.entity_version ?? 0)
    case 'measurement.remove': {
      const body = measurementIn(before, op.entity)
      return body && putBack(body, op.entity_version)
    }
    case 'measurement.revise': {
      const body = measurementIn(before, op.entity)
      if (body === null) return null
      const { points_lps, points_image, label, site } = body
      const moves = said(op.payload.points_lps) || said(op.payload.points_image)
      const names = said(op.payload.label) || said(op.payload.site)
      return {
        op: {
          kind: 'measurement.revise',
          entity: op.entity,
          entity_version: op.entity_version + 1,
          payload: { ...(moves && { points_lps, points_image }), ...(names && { label, site }) },
        },
        restores: op.entity_version,
      }
    }
    case 'measurement.assign': {
      const body = measurementIn(before, op.entity)
      return body && assignedBack(body, op.entity_version)
    }
    case 'lesion.put':
      return removal('lesion.remove', op.payload.id, op.entity_version ?? 0)
    case 'lesion.revise': {
      const body = lesionIn(before, op.entity)
      return body && saidBack(body, op.entity_version)
    }
    case 'lesion.remove': {
      const body = lesionIn(before, op.entity)
      return body && namedBack(body, op.entity_version)
    }
    case 'key_image.add':
      return removal('key_image.remove', op.payload.id, op.entity_version ?? 0)
    case 'key_image.remove': {
      const body = keyImageIn(before, op.entity)
      return body && markBack(body, op.entity_version)
    }
    case 'agenda.goto':
      return before.agenda_item === null
        ? null
        : { op: { kind: op.kind, payload: { agenda_item: before.agenda_item } }, restores: null }
    case 'timer.set':
      return { op: turnedBack(op), restores: null }
    // A word given on a finding, a vote, a decision, chat and the reveal are not unsaid; voxels
    // have a history of their own (LIVE-S2); the presenter's token goes by asking.
    default:
      return null
  }
}

/** Why a step cannot be carried out now; null where it can. */
export function staleness(step: Step, now: Situation): 'changed' | 'gone' | 'back' | 'moved_on' | null {
  const { op } = step
  switch (op.kind) {
    case 'measurement.revise':
    case 'measurement.remove':
    case 'measurement.assign':
      return compare(measurementIn(now, op.entity), op.entity_version)
    case 'lesion.revise':
    case 'lesion.remove':
      return compare(lesionIn(now, op.entity), op.entity_version)
    case 'lesion.put':
      return lesionIn(now, op.payload.id) === null ? null : 'back'
    case 'key_image.remove':
      return compare(keyImageIn(now, op.entity), op.entity_version)
    case 'measurement.put':
      return measurementIn(now, op.payload.id) === null ? null : 'back'
    case 'key_image.add':
      return keyImageIn(now, op.payload.id) === null ? null : 'back'
    case 'timer.set':
      return now.agenda_item === op.payload.agenda_item ? null : 'moved_on'
    default:
      return null
  }
}

/** After an act of one's own: it can be taken back, and what was undone before is gone. */
export const acted = (history: History, inverse: Step): History => ({
  done: [...history.done, inverse].slice(-KEPT),
  undone: [],
})

type Side = 'done' | 'undone'
export const OTHER: Record<Side, Side> = { done: 'undone', undone: 'done' }

/** The step at the top of one side was carried out; `counter` takes it back again. */
export function carriedOut(history: History, side: Side, step: Step, counter: Step | null): History {
  const rest = history[side].filter((one) => one !== step).map((one) => renumbered(one, step))
  const other = counter === null ? history[OTHER[side]] : [...history[OTHER[side]], counter]
  return side === 'done' ? { done: rest, undone: other } : { done: other, undone: rest }
}

/** A step that can never be carried out is forgotten, and all of the same thing below it. */
export function forgotten(history: History, side: Side, step: Step): History {
  const entity = entityOf(step.op)
  const rest = history[side].filter(
    (one) => one !== step && (entity === null || entityOf(one.op) !== entity),
  )
  return { ...history, [side]: rest }
}

/** Whoever expected the restored content under its old version expects it under the new one. */
function renumbered(one: Step, step: Step): Step {
  const [expected, version] = [versionOf(one.op), versionOf(step.op)]
  const same = entityOf(one.op) !== null && entityOf(one.op) === entityOf(step.op)
  if (!same || expected === null || version === null || expected !== step.restores) return one
  return { ...one, op: { ...one.op, entity_version: version + 1 } as OpDraft }
}

const compare = (
  found: { readonly version: number } | null,
  expected: number,
): 'changed' | 'gone' | null =>
  found === null ? 'gone' : found.version === expected ? null : 'changed'

const measurementIn = ({ snapshot }: Situation, id: string): MeasurementBody | null =>
  snapshot?.measurements.find((one) => one.id === id) ?? null

const keyImageIn = ({ snapshot }: Situation, id: string): KeyImageBody | null =>
  snapshot?.key_images.find((one) => one.id === id) ?? null

const lesionIn = ({ snapshot }: Situation, id: string): LesionBody | null =>
  snapshot?.lesions.find((one) => one.id === id) ?? null

const removal = (
  kind: 'measurement.remove' | 'key_image.remove' | 'lesion.remove',
  id: string,
  version: number,
): Step => ({
  op: { kind, entity: id, entity_version: version + 1, payload: {} },
  restores: version,
})

const putBack = (body: MeasurementBody, version: number): Step => ({
  op: {
    kind: 'measurement.put',
    entity: body.id,
    entity_version: version + 1,
    payload: {
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
    },
  },
  restores: version,
})

const assignedBack = (body: MeasurementBody, version: number): Step => ({
  op: {
    kind: 'measurement.assign',
    entity: body.id,
    entity_version: version + 1,
    payload: { lesion: body.lesion },
  },
  restores: version,
})

const saying = ({ label, site, role, is_node }: LesionBody) => ({ label, site, role, is_node })

const saidBack = (body: LesionBody, version: number): Step => ({
  op: {
    kind: 'lesion.revise',
    entity: body.id,
    entity_version: version + 1,
    payload: saying(body),
  },
  restores: version,
})

const namedBack = (body: LesionBody, version: number): Step => ({
  op: {
    kind: 'lesion.put',
    entity: body.id,
    entity_version: version + 1,
    payload: { id: body.id, ...saying(body) },
  },
  restores: version,
})

const markBack = (body: KeyImageBody, version: number): Step => ({
  op: {
    kind: 'key_image.add',
    entity: body.id,
    entity_version: version + 1,
    payload: {
      id: body.id,
      study_instance_uid: body.study_instance_uid,
      series_instance_uid: body.series_instance_uid,
      sop_instance_uid: body.sop_instance_uid,
      frame: body.frame,
      note: body.note,
    },
  },
  restores: version,
})

const COUNTERMOVE = { pause: 'resume', resume: 'pause', add: 'add' } as const

const turnedBack = (op: Extract<OpDraft, { kind: 'timer.set' }>): OpDraft => ({
  kind: op.kind,
  payload: {
    agenda_item: op.payload.agenda_item,
    move: COUNTERMOVE[op.payload.move],
    minutes: op.payload.move === 'add' ? -(op.payload.minutes ?? 0) : 0,
  },
})
