import type { MeasurementBody } from '@/protocol/generated'
import type { DrawnMeasurement, MeasurementDraft } from '@/viewer/annotations'
import type { Basis } from '@/viewer/calibration'
import type { MeasurementEdit } from '@/viewer/viewer'

/** Where measurements come from and go to: REST alone, or the live room's ops. */
export interface MeasurementStore {
  /** Acknowledged ones, newest state. */
  readonly items: readonly MeasurementBody[]
  /** Drawn here, not acknowledged yet: new ones, and ones under change. */
  readonly pending: readonly PendingMeasurement[]
  /** Null when this person may not draw. */
  readonly write: MeasurementWrites | null
}

export interface MeasurementWrites {
  create(draft: MeasurementDraft): void
  revise(edit: MeasurementEdit): void
  remove(id: string): void
  /** Undo of the last own act (LIVE-O5: a new inverse op). */
  undo(): void
}

export interface PendingMeasurement extends MeasurementDraft {
  readonly id: string
}

const SHOWN_ORDER = ['length', 'long_axis', 'short_axis']

/** What millimetres are of, in words: never left out where they are not the patient's. */
export type BasisWords = (basis: Basis) => string

/** `36.1 × 24.0 mm`: the server's values, long axis first, never without the unit. */
export function valuesText(
  values: MeasurementBody['values'],
  wordsFor: BasisWords = () => '',
): string {
  const sorted = [...values].sort(
    (a, b) => SHOWN_ORDER.indexOf(a.quantity) - SHOWN_ORDER.indexOf(b.quantity),
  )
  const [first] = sorted
  if (first === undefined) return '–'
  const numbers = sorted.map(({ value }) => value.toFixed(1)).join(' × ')
  const basis = first.basis ? wordsFor(first.basis) : ''
  return `${numbers} ${first.unit}${basis && ` (${basis})`}`
}

export interface DrawingRules {
  readonly my_id: string
  readonly may_write: boolean
  readonly colourOf: (author: MeasurementBody['author']) => string
  readonly my_colour: string
  readonly basisWords?: BasisWords
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
      points_lps: change?.points_lps ?? item.points_lps,
      points_image: change?.points_image ?? item.points_image,
      text: change ? '…' : valuesText(item.values, rules.basisWords),
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
