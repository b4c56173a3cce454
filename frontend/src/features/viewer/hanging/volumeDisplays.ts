import type { Cause, StackView } from '@/viewer/stackView'
import type { Viewer } from '@/viewer/viewer'

import { serveDisplay } from './applied'
import type { PlannedCell } from './match'

/** The images of a cell, as they were taken, in its viewport; null where they do not come. */
async function arrive(
  viewer: Viewer,
  index: number,
  uid: string | undefined,
  cause: Cause,
): Promise<StackView | null> {
  const view = viewer.views[index]
  if (view === undefined || uid === undefined) return null
  return (await viewer.show(index, uid, cause)) ? view : null
}

/** Planes, projections and fusions hang by the same words as stacks; what refuses says why itself. */
export function serveVolumeDisplays(): void {
  serveDisplay('plane', async (viewer, index, { cell, series }: PlannedCell, cause) => {
    const view = await arrive(viewer, index, series?.uid, cause)
    return view !== null && viewer.planes.orient(view, cell.series?.orientation ?? 'axial', cause)
  })
  serveDisplay('mip', async (viewer, index, { series }, cause) => {
    const view = await arrive(viewer, index, series?.uid, cause)
    return view !== null && viewer.planes.project(view, cause)
  })
  serveDisplay('fusion', async (viewer, index, { series, under }, cause) => {
    const isOneIdentity =
      series !== null &&
      under !== null &&
      viewer.comparison.identityOfStudy(series.study.study_instance_uid) ===
        viewer.comparison.identityOfStudy(under.study.study_instance_uid)
    const view = isOneIdentity ? await arrive(viewer, index, under.uid, cause) : null
    if (view === null || series === null) return false
    await viewer.planes.fuse(view, series.uid, cause)
    return true
  })
}
