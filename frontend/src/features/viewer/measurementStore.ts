import type { MeasurementBody } from '@/protocol/generated'
import type { DrawnMeasurement, MeasurementDraft } from '@/viewer/annotations'
import type { MeasurementEdit } from '@/viewer/viewer'

import { valuesText, type ValueWords } from './measurementWords'

/** Where measurements come from and go to: REST alone, or the live room's ops. */
export interface MeasurementStore {
  /** Acknowledged ones, newest state. */
  readonly items: readonly MeasurementBody[]
  /** Drawn here, not acknowledged yet: new ones, and ones under change. */
  readonly pending: readonly MeasurementDraft[]
  /** Null when this person may not draw. */
  readonly write: MeasurementWrites | null
}

export interface MeasurementWrites {
  create(draft: MeasurementDraft): void
  revise(edit: MeasurementEdit): void
  rename(id: string, naming: Naming): void
  remove(id: string): void
  /** Of which lesion it is a measurement; null: of none. */
  assign(id: string, lesion: string | null): void
  /** Undo of the last own act (LIVE-O5: a new inverse op). */
  undo(): void
  /** What was undone last, again; absent where nothing is kept for it. */
  redo?(): void
}

/** What a measurement is called, and where in the body it is. */
export interface Naming {
  readonly label: string
  readonly site: string
}

export interface DrawingRules {
  readonly my_id: string
  readonly may_write: boolean
  readonly colourOf: (author: MeasurementBody['author']) => string
  readonly my_colour: string
  readonly words?: ValueWords
}

/** What the viewer draws, from acknowledged and pending measurements. */
export function drawnFrom(
  store: Pick<MeasurementStore, 'items' | 'pending'>,
  rules: DrawingRules,
): DrawnMeasurement[] {
  const changing = new Map(store.pending.map((draft) => [draft.id, draft]))
  const acknowledged = store.items.map((item): DrawnMeasurement => {
    const change = changing.get(item.id)
    changing.delete(item.id)
    const own = item.author.id === rules.my_id
    return {
      id: item.id,
      kind: item.kind,
      sop_instance_uid: item.sop_instance_uid,
      frame: item.frame,
      frame_of_reference_uid: item.frame_of_reference_uid,
      points_lps: change?.points_lps ?? item.points_lps,
      points_image: change?.points_image ?? item.points_image,
      text: change ? '…' : textOf(item, rules.words),
      caption: item.label || (own ? '' : item.author.display_name),
      colour: own ? rules.my_colour : rules.colourOf(item.author),
      pending: change !== undefined,
      editable: own && rules.may_write,
    }
  })
  const fresh = [...changing.values()].map((draft): DrawnMeasurement => ({
    ...draft,
    text: '…',
    caption: '',
    colour: rules.my_colour,
    pending: true,
    editable: false,
  }))
  return [...acknowledged, ...fresh]
}

/** An arrow has no value, only its words. */
const textOf = (item: MeasurementBody, words?: ValueWords): string =>
  item.values.length === 0 && !item.problem ? '' : valuesText(item, words)
