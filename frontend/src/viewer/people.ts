import type { Vec2, Vec3 } from '@/geometry'
import type { Viewport } from '@/protocol/generated'

import type { Call } from './overlay/calls'
import type { Onlooker } from './overlay/onlookers'
import type { RemotePointer } from './overlay/pointers'
import { Signal } from './signal'
import type { StackView } from './stackView'

/** Where this person points, for everybody else. */
export interface LocalPointer {
  readonly view: StackView
  readonly point: Vec3
}

/** What the presenter sees, for the outline on screens of another shape. */
export interface Presented {
  readonly name: string
  readonly viewports: readonly (Viewport | null)[]
}

/** The others of a room, as the pictures show them: pointers, calls, who looks here too. */
export class PeopleOnPictures {
  /** Drawn anew. */
  readonly changed = new Signal()
  /** They point in other frames of reference than before: what brings them here is to be told. */
  readonly spacesChanged = new Signal()
  private remote: readonly RemotePointer[] = []
  private calling: readonly Call[] = []
  private looking: readonly Onlooker[] = []
  private presenting: Presented | null = null
  private local: LocalPointer | null = null

  get pointers(): readonly RemotePointer[] {
    return this.remote
  }

  get calls(): readonly Call[] {
    return this.calling
  }

  get onlookers(): readonly Onlooker[] {
    return this.looking
  }

  get presented(): Presented | null {
    return this.presenting
  }

  /** Where the own hand is. */
  get hand(): LocalPointer | null {
    return this.local
  }

  handIn(view: StackView): Vec2 | null {
    return this.local?.view === view ? view.patientToCanvas(this.local.point) : null
  }

  setPointers(pointers: readonly RemotePointer[]): void {
    const before = spacesOf(this.remote)
    this.remote = pointers
    this.changed.emit()
    if (spacesOf(pointers) !== before) this.spacesChanged.emit()
  }

  setCalls(calls: readonly Call[]): void {
    this.calling = calls
    this.changed.emit()
  }

  setOnlookers(onlookers: readonly Onlooker[]): void {
    if (JSON.stringify(onlookers) === JSON.stringify(this.looking)) return
    this.looking = onlookers
    this.changed.emit()
  }

  /** Null: nobody is followed, or it is not to be seen. */
  setPresented(presented: Presented | null): void {
    if (presented === null && this.presenting === null) return
    this.presenting = presented
    this.changed.emit()
  }

  setHand(hand: LocalPointer | null): void {
    this.local = hand
  }

  clear(): void {
    this.setPointers([])
    this.setCalls([])
    this.setOnlookers([])
    this.setPresented(null)
  }
}

const spacesOf = (pointers: readonly RemotePointer[]): string =>
  [...new Set(pointers.map((pointer) => pointer.frame_of_reference_uid ?? ''))].sort().join(' ')
