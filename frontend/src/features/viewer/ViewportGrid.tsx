import { memo } from 'react'

import type { Viewer } from '@/viewer/viewer'

import type { MaskLayer } from './maskLayers'
import { useViewerState } from './useViewerState'
import { ViewportCell } from './ViewportCell'
import classes from './viewer.module.css'

interface ViewportGridProps {
  viewer: Viewer
  deidentified: boolean
  shownMasks: readonly MaskLayer[]
}

export const ViewportGrid = memo(function ViewportGrid({ viewer, deidentified, shownMasks }: ViewportGridProps) {
  const layout = useViewerState(viewer, (v) => v.layout)
  const maximised = useViewerState(viewer, (v) => v.maximised)
  useViewerState(viewer, (v) => v.tool)
  const count = layout.rows * layout.columns
  const indices =
    maximised === null ? Array.from({ length: count }, (_, index) => index) : [maximised]
  const columns = maximised === null ? layout.columns : 1
  const rows = maximised === null ? layout.rows : 1
  const showsAi = (index: number): boolean =>
    shownMasks.some(
      (mask) =>
        mask.unreviewed &&
        mask.series_instance_uid === viewer.views[index]?.state.series?.series_instance_uid,
    )
  return (
    <div
      className={classes.grid}
      style={{
        gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
        gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))`,
      }}
    >
      {indices.map((index) => (
        <ViewportCell
          key={index}
          viewer={viewer}
          index={index}
          deidentified={deidentified}
          aiUnreviewed={showsAi(index)}
        />
      ))}
    </div>
  )
})
