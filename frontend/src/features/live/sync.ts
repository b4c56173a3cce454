import type { LookHere } from './lookHere'
import type { PointerSync } from './pointerSync'
import type { StageSync } from './stageSync'

/** What a live page sends of its own stage and pointer, and takes over from the room's. */
export interface Sync {
  readonly stage: StageSync
  readonly pointer: PointerSync
  readonly look: LookHere
}
