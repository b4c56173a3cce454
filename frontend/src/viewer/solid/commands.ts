import type { StackView } from '../stackView'
import type { Cause } from '../viewState'
import type { Viewer } from '../viewer'
import { cameraFrom, orbited, type Side } from './orbit'
import { presetsOf, type SolidPreset } from './presets'

/** Shows a stack in 3D, from the front; another preset leaves the camera where it is. */
export function showSolid(view: StackView, preset: SolidPreset, cause: Cause = 'user'): boolean {
  const isNew = view.state.reformat?.kind !== 'solid'
  const reformat = { kind: 'solid', projection: 'max', slab_mm: 0, preset } as const
  if (!view.setReformat(reformat, cause)) return false
  if (isNew) lookFrom(view, 'A', cause)
  return true
}

export function lookFrom(view: StackView, side: Side, cause: Cause = 'user'): void {
  const { grid } = view.planes
  if (grid !== null) view.setCamera(cameraFrom(grid, side, view.size), cause)
}

export function orbit(view: StackView, right_degrees: number, down_degrees: number): void {
  const { camera } = view.state
  if (camera !== null) view.setCamera(orbited(camera, right_degrees, down_degrees), 'user')
}

/** In 3D, or as it was taken. */
export function toggleSolid(viewer: Viewer): void {
  const view = viewer.activeView
  if (view === null) return
  const [preset] = presetsOf(view.state.series)
  if (view.state.reformat?.kind === 'solid') viewer.planes.orient(view, null)
  else if (preset) showSolid(view, preset)
}

/** Three planes and the 3D picture of one series, two by two. */
export async function hangSolid(viewer: Viewer): Promise<void> {
  const series = viewer.activeView?.state.series ?? null
  const [preset] = presetsOf(series)
  if (series === null || !preset) return
  if (!(await viewer.planes.hangMpr(series.series_instance_uid))) return
  const last = viewer.views[3]
  if (last) showSolid(last, preset)
}
