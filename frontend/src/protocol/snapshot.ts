import { gather, type GatheringEvent } from './gathering'
import type { LogEvent, Snapshot } from './generated'

/** The server's snapshots carry as much. */
const CHAT_KEPT = 200

interface Versioned {
  readonly id: string
  readonly version: number
  /** Voxels have a number of their own beside what is said of them; either only grows. */
  readonly revision?: number
}

const isOlder = (a: Versioned, b: Versioned): boolean =>
  a.version < b.version || (a.version === b.version && (a.revision ?? 0) <= (b.revision ?? 0))

/** Newer versions replace, older ones are ignored, so that a repeat does no harm. By id. */
function upsert<Entity extends Versioned>(
  known: readonly Entity[],
  changed: readonly Entity[],
): Entity[] {
  const byId = new Map(known.map((entry) => [entry.id, entry]))
  for (const entry of changed) {
    const before = byId.get(entry.id)
    if (before === undefined || isOlder(before, entry)) byId.set(entry.id, entry)
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

/** snapshot ⊕ event = snapshot (LIVE-J4). The server keeps the same fold in `apps/live/reducer.py`. */
export function applyEvent(snapshot: Snapshot, event: LogEvent): Snapshot {
  switch (event.kind) {
    case 'measurement.put':
    case 'measurement.revised':
      return {
        ...snapshot,
        measurements: upsert(snapshot.measurements, [event.payload.measurement]),
      }
    case 'measurement.removed':
      return {
        ...snapshot,
        measurements: snapshot.measurements.filter((entry) => entry.id !== event.payload.id),
      }
    case 'key_image.added':
      return {
        ...snapshot,
        key_images: upsert(snapshot.key_images, [event.payload.key_image]),
      }
    case 'key_image.removed':
      return {
        ...snapshot,
        key_images: snapshot.key_images.filter((entry) => entry.id !== event.payload.id),
      }
    case 'lesion.put':
    case 'lesion.revised':
      return { ...snapshot, lesions: upsert(snapshot.lesions, [event.payload.lesion]) }
    case 'lesion.removed':
      return {
        ...snapshot,
        lesions: snapshot.lesions.filter((entry) => entry.id !== event.payload.id),
      }
    case 'segmentation.put':
    case 'segmentation.revised':
      return {
        ...snapshot,
        segmentations: upsert(snapshot.segmentations, [event.payload.segmentation]),
      }
    case 'segmentation.removed':
      return {
        ...snapshot,
        segmentations: snapshot.segmentations.filter((entry) => entry.id !== event.payload.id),
      }
    case 'findings.added':
      return { ...snapshot, findings: upsert(snapshot.findings, event.payload.findings) }
    case 'finding.reviewed':
      return { ...snapshot, findings: upsert(snapshot.findings, [event.payload.finding]) }
    case 'decision.drafted':
    case 'decision.signed':
    case 'decision.voted':
    case 'votes.called':
      return { ...snapshot, decisions: upsert(snapshot.decisions, [event.payload.decision]) }
    case 'chat.posted':
      return { ...snapshot, chat: [...snapshot.chat, event.payload.message].slice(-CHAT_KEPT) }
    case 'presenter.changed':
      return { ...gather(snapshot, event), presenter: event.payload.presenter }
    case 'attendance.changed':
    case 'attendance.removed':
    case 'quorum.changed':
    case 'presenter.asked':
    case 'presenter.ask_ended':
      return gather(snapshot, event)
    // A move to another case is followed by a snapshot; the rest says what to read again by REST.
    case 'agenda.moved':
    case 'ai.revealed':
    case 'stage.keyframe':
    case 'withheld':
      return snapshot
    default:
      return refreshOnly(snapshot, event)
  }
}

type RefreshKind = Exclude<
  LogEvent['kind'],
  | 'measurement.put'
  | 'measurement.revised'
  | 'measurement.removed'
  | 'key_image.added'
  | 'key_image.removed'
  | 'lesion.put'
  | 'lesion.revised'
  | 'lesion.removed'
  | 'segmentation.put'
  | 'segmentation.revised'
  | 'segmentation.removed'
  | 'findings.added'
  | 'finding.reviewed'
  | 'decision.drafted'
  | 'decision.signed'
  | 'decision.voted'
  | 'votes.called'
  | 'chat.posted'
  | GatheringEvent['kind']
  | 'agenda.moved'
  | 'ai.revealed'
  | 'stage.keyframe'
  | 'withheld'
>

/** Hints to read something again; they carry no durable state themselves. */
function refreshOnly(
  snapshot: Snapshot,
  _event: Extract<LogEvent, { kind: RefreshKind }>,
): Snapshot {
  return snapshot
}
