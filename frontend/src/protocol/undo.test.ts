import { describe, expect, it } from 'vitest'

import type { MeasurementBody, Snapshot } from './generated'
import { emptySnapshot, measurement } from './testing'
import {
  acted,
  carriedOut,
  forgotten,
  inverseOf,
  NO_HISTORY,
  OTHER,
  staleness,
  type History,
  type OpDraft,
  type Situation,
  type Step,
} from './undo'

/** A server of measurements: versions only grow, nothing stale is done. */
class World {
  private gone = new Map<string, MeasurementBody>()
  agenda_item: string | null = 'item-1'
  snapshot: Snapshot = emptySnapshot()
  history: History = NO_HISTORY

  get situation(): Situation {
    return { snapshot: this.snapshot, agenda_item: this.agenda_item }
  }

  get bodies(): MeasurementBody[] {
    return this.snapshot.measurements
  }

  act(op: OpDraft): void {
    const inverse = inverseOf(op, this.situation)
    this.carryOut(op)
    if (inverse) this.history = acted(this.history, inverse)
  }

  step(side: 'done' | 'undone'): string | null {
    const step = this.history[side].at(-1) as Step
    const why = staleness(step, this.situation)
    if (why !== null) {
      this.history = forgotten(this.history, side, step)
      return why
    }
    const counter = inverseOf(step.op, this.situation)
    this.carryOut(step.op)
    this.history = carriedOut(this.history, side, step, counter)
    return null
  }

  /** As somebody else would. */
  carryOut(op: OpDraft): void {
    if (op.kind === 'measurement.put') {
      const before = this.gone.get(op.payload.id)
      if (before) expect(op.entity_version).toBe(before.version)
      this.put({ ...measurement(op.payload.id, (before?.version ?? 0) + 1, 10), ...wordsOf(op.payload) })
    } else if (op.kind === 'measurement.revise') {
      const body = this.found(op.entity)
      expect(op.entity_version).toBe(body.version)
      this.put({ ...body, ...wordsOf(op.payload), version: body.version + 1 })
    } else if (op.kind === 'measurement.remove') {
      const body = this.found(op.entity)
      expect(op.entity_version).toBe(body.version)
      this.gone.set(body.id, { ...body, version: body.version + 1 })
      this.snapshot = { ...this.snapshot, measurements: this.without(body.id) }
    }
  }

  private found(id: string): MeasurementBody {
    const body = this.bodies.find((one) => one.id === id)
    if (!body) throw new Error('not there')
    return body
  }

  private put(body: MeasurementBody): void {
    this.snapshot = { ...this.snapshot, measurements: [...this.without(body.id), body] }
  }

  private without(id: string): MeasurementBody[] {
    return this.bodies.filter((one) => one.id !== id)
  }
}

const wordsOf = (payload: { label?: string | null }): { label?: string } =>
  typeof payload.label === 'string' ? { label: payload.label } : {}

const put = (id: string, label: string): OpDraft => ({
  kind: 'measurement.put',
  payload: {
    id,
    kind: 'length',
    study_instance_uid: '1',
    series_instance_uid: '1.2',
    points_lps: [[0, 0, 0], [1, 1, 1]],
    label,
  },
})

const rename = (id: string, version: number, label: string): OpDraft => ({
  kind: 'measurement.revise',
  entity: id,
  entity_version: version,
  payload: { label, site: '' },
})

const labels = (world: World): string[] => world.bodies.map(({ label }) => label)

describe('LIVE-X5 undo and redo of one’s own acts', () => {
  it('goes back to the beginning and forth to the end, with versions that only grow', () => {
    const world = new World()
    world.act(put('a', 'one'))
    world.act(rename('a', 1, 'two'))
    world.act(rename('a', 2, 'three'))
    world.act({ kind: 'measurement.remove', entity: 'a', entity_version: 3, payload: {} })
    const seen: string[][] = []
    for (let count = 0; count < 4; count += 1) {
      expect(world.step('done')).toBeNull()
      seen.push(labels(world))
    }
    expect(seen).toEqual([['three'], ['two'], ['one'], []])
    for (let count = 0; count < 4; count += 1) expect(world.step('undone')).toBeNull()
    expect(labels(world)).toEqual([])
    for (let count = 0; count < 2; count += 1) expect(world.step('done')).toBeNull()
    expect(labels(world)).toEqual(['two'])
    expect(world.step('undone')).toBeNull()
    expect(labels(world)).toEqual(['three'])
  })

  it('refuses what somebody else has changed since, and leaves other things undoable', () => {
    const world = new World()
    world.act(put('b', 'mine'))
    world.act(put('a', 'one'))
    world.act(rename('a', 1, 'two'))
    world.carryOut(rename('a', 2, 'theirs'))
    expect(world.step('done')).toBe('changed')
    expect(labels(world)).toContain('theirs')
    expect(world.step('done')).toBeNull() // the one below of the same thing is gone too
    expect(labels(world)).toEqual(['theirs'])
  })

  it('refuses what somebody else has taken away', () => {
    const world = new World()
    world.act(put('a', 'one'))
    world.carryOut({ kind: 'measurement.remove', entity: 'a', entity_version: 1, payload: {} })
    expect(world.step('done')).toBe('gone')
  })

  it('forgets what was undone once something new is done', () => {
    const world = new World()
    world.act(put('a', 'one'))
    world.step('done')
    world.act(put('b', 'other'))
    expect(world.history.undone).toEqual([])
  })

  it('takes a clock back by the opposite move, and only on the same case', () => {
    const world = new World()
    const add: OpDraft = {
      kind: 'timer.set',
      payload: { agenda_item: 'item-1', move: 'add', minutes: 3 },
    }
    const back = inverseOf(add, world.situation)
    expect(back?.op.payload).toEqual({ agenda_item: 'item-1', move: 'add', minutes: -3 })
    expect(staleness(back as Step, world.situation)).toBeNull()
    expect(staleness(back as Step, { ...world.situation, agenda_item: 'item-2' })).toBe('moved_on')
    const pause: OpDraft = { kind: 'timer.set', payload: { agenda_item: 'item-1', move: 'pause' } }
    expect(inverseOf(pause, world.situation)?.op.payload).toMatchObject({ move: 'resume' })
  })

  it('goes back to the case before', () => {
    const world = new World()
    const goto: OpDraft = { kind: 'agenda.goto', payload: { agenda_item: 'item-2' } }
    expect(inverseOf(goto, world.situation)?.op.payload).toEqual({ agenda_item: 'item-1' })
    expect(inverseOf(goto, { ...world.situation, agenda_item: null })).toBeNull()
  })

  it('unsays no word: reviews, votes, chat and the reveal have no way back', () => {
    const { situation } = new World()
    const words: OpDraft[] = [
      { kind: 'finding.accept', entity: 'f', entity_version: 1, payload: {} },
      { kind: 'decision.vote', entity: 'd', payload: { stance: 'agree', text_version: 1 } },
      { kind: 'chat.post', payload: { text: 'hello' } },
      { kind: 'ai.reveal', payload: { agenda_item: 'item-1' } },
    ]
    expect(words.map((op) => inverseOf(op, situation))).toEqual([null, null, null, null])
  })

  it('names the other side', () => {
    expect(OTHER[OTHER.done]).toBe('done')
  })
})
