import type { LogEvent } from '@/protocol/generated'

/** What a mark on the timeline stands for: a shape, a word and a row, never a colour alone. */
export type MarkKind = 'keyframe' | 'measurement' | 'finding' | 'vote' | 'decision' | 'chat'

export interface Mark {
  readonly kind: MarkKind
  readonly seq: number
  readonly at_ms: number
  readonly who: string
  /** Of a decision: signed, not drafted. */
  readonly signed: boolean
}

type Known = Exclude<LogEvent, { kind: 'withheld' }>

function kindOf(kind: string): MarkKind | null {
  if (kind === 'stage.keyframe') return 'keyframe'
  if (kind === 'chat.posted') return 'chat'
  if (kind === 'votes.called' || kind === 'decision.voted') return 'vote'
  const family = kind.split('.')[0]
  if (family === 'measurement' || family === 'key_image' || family === 'segmentation')
    return 'measurement'
  if (family === 'finding' || family === 'findings') return 'finding'
  return family === 'decision' ? 'decision' : null
}

/** When each event happened, never before the one it follows: clocks of two people may differ. */
export function timesOf(events: readonly LogEvent[], from_ms: number): number[] {
  let latest = from_ms
  return events.map((event) => {
    if (event.kind !== 'withheld') latest = Math.max(latest, Date.parse(event.at))
    return latest
  })
}

export function marksOf(events: readonly LogEvent[], times: readonly number[]): Mark[] {
  return events.flatMap((event, index): Mark[] => {
    if (event.kind === 'withheld') return []
    const kind = kindOf((event satisfies Known).kind)
    if (kind === null) return []
    const { seq, actor } = event
    const signed = event.kind === 'decision.signed'
    // What the house did by itself carries the name of a machine: nobody's business.
    const who = actor.id === null ? '' : actor.display_name
    return [{ kind, seq, at_ms: times[index] ?? 0, who, signed }]
  })
}

const STOPS: readonly MarkKind[] = ['keyframe', 'decision']

/** The next keyframe or decision in either direction. */
export function stepMark(marks: readonly Mark[], seq: number, by: 1 | -1): Mark | null {
  const stops = marks.filter(({ kind }) => STOPS.includes(kind))
  return (
    (by > 0
      ? stops.find((mark) => mark.seq > seq)
      : stops.findLast((mark) => mark.seq < seq)) ?? null
  )
}
