import type { PlaneCamera, RegistrationSource } from '@/geometry'

import type { PixelError } from './errors'
import type { SeriesDescription } from './frames'
import type { Fusion, Reformat } from './volume/reformat'
import type { Refusal } from './volume/refusal'
import type { Progress } from './volume/shelf'
import type { VoiWindow } from './voi'

/** Why a view has no picture; `other_identity`: it would stand beside another patient. */
export type Emptiness = 'empty' | 'not_comparable' | 'other_identity'
export type ViewStatus = Emptiness | 'loading' | 'ready' | 'error'

/** Who moved the view: only a person's own move ends following (LIVE-P3). */
export type Cause = 'user' | 'program'

export interface ViewState {
  readonly status: ViewStatus
  readonly error: PixelError | null
  readonly series: SeriesDescription | null
  /** The slice asked for. */
  readonly index: number
  /** The slice whose pixels are on the canvas; null before the first. */
  readonly shown_index: number | null
  readonly camera: PlaneCamera | null
  readonly voi: VoiWindow | null
  /** Null: the images as they were taken. */
  readonly reformat: Reformat | null
  readonly fusion: Fusion | null
  readonly planes: PlaneStatus
}

/** What is to be said of planes and of what is laid over them. */
export interface PlaneStatus {
  readonly loading: Progress | null
  /** Why the stack is shown as it was taken, although a plane was asked for. */
  readonly refusal: Refusal | null
  readonly fusion_refusal: Refusal | null
  /** A second volume belongs over this picture, and is not there yet. */
  readonly fusion_loading: boolean
  /** What brings the second volume here from another frame of reference. */
  readonly registered: RegistrationSource | null
}

const NO_PLANES: PlaneStatus = {
  loading: null,
  refusal: null,
  fusion_refusal: null,
  fusion_loading: false,
  registered: null,
}

export const EMPTY: ViewState = {
  status: 'empty',
  error: null,
  series: null,
  index: 0,
  shown_index: null,
  camera: null,
  voi: null,
  reformat: null,
  fusion: null,
  planes: NO_PLANES,
}
