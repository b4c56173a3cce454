import type { StageState } from '@/protocol/generated'
import { graphicsShown, masksShown, radiotherapyShown, type StageFollower } from '@/viewer/stage'

import type { CaseRoom } from './useCaseRoom'

type Shown = Pick<CaseRoom, 'viewer' | 'setVisibleMasks'> & { rt: Pick<CaseRoom['rt'], 'setShown'> }

/** A whole view that was kept: pictures, and what is laid over them. */
export function showStage(room: Shown, follower: StageFollower, state: StageState): void {
  follower.apply(state)
  room.setVisibleMasks(new Set(masksShown(state)))
  room.rt.setShown(new Set(radiotherapyShown(state)))
  room.viewer.graphics.setShown(graphicsShown(state))
}
