import type { CanvasSize, PlaneCamera, RegistrationLink } from '@/geometry'

import type { FrameImage } from '../decoding/frameImage'
import type { FrameDescription } from '../frames'
import type { StackDescription } from '../stacks'
import type { Cause, ViewState } from '../viewState'

/** What planes read of their viewport. */
interface PlanedView {
  readonly state: ViewState
  readonly stack: StackDescription | null
  readonly targetFrame: FrameDescription | null
  readonly nativeFrame: FrameDescription | null
  readonly shownImage: FrameImage | null
  readonly size: CanvasSize
  setCamera(camera: PlaneCamera, cause: Cause): void
}

/** What a viewport lends to its planes. */
export interface PlaneHost {
  readonly view: () => PlanedView
  readonly change: (part: Partial<ViewState>, cause: Cause) => void
  readonly redraw: () => void
  readonly drawn: () => void
  readonly registrations: () => readonly RegistrationLink[]
}
