import type { RegistrationLink } from '@/geometry'

import type { Comparison } from '../comparison'
import type { SeriesLibrary } from '../seriesLibrary'
import type { Signal } from '../signal'
import type { Cause, StackView } from '../stackView'

/** What planes read and ask of the grid of viewports they are shown in. */
export interface ViewportGrid {
  readonly library: SeriesLibrary
  readonly comparison: Pick<Comparison, 'mayStand'>
  readonly registrations: readonly RegistrationLink[]
  readonly views: readonly StackView[]
  readonly visibleViews: readonly StackView[]
  readonly active: number
  readonly activeView: StackView | null
  readonly tool: string
  readonly changed: Signal<Cause>
  readonly overlaysChanged: Signal
  setTool(tool: 'window' | 'crosshair'): void
  setActive(index: number, cause: Cause): void
  setLayout(layout: { readonly rows: number; readonly columns: number }, cause: Cause): void
  show(
    index: number,
    series_instance_uid: string,
    cause: Cause,
    place?: { readonly sop_instance_uid: string; readonly frame: number },
  ): Promise<boolean>
}
