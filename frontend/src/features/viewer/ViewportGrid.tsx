import { memo } from 'react'

import type { Viewer } from '@/viewer/viewer'

import { useViewerState } from './useViewerState'
import type { ViewportFacts } from './ViewportBanner'
import { ViewportCell } from './ViewportCell'
import classes from './viewer.module.css'

interface ViewportGridProps extends ViewportFacts {
  viewer: Viewer
}

export const ViewportGrid = memo(function ViewportGrid({ viewer, ...facts }: ViewportGridProps) {
  const layout = useViewerState(viewer, (v) => v.layout)
  const maximised = useViewerState(viewer, (v) => v.maximised)
  useViewerState(viewer, (v) => v.tool)
  const count = layout.rows * layout.columns
  const indices =
    maximised === null ? Array.from({ length: count }, (_, index) => index) : [maximised]
  const columns = maximised === null ? layout.columns : 1
  const rows = maximised === null ? layout.rows : 1
  return (
    <div
      className={classes.grid}
      style={{
        gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
        gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))`,
      }}
    >
      {indices.map((index) => (
        <ViewportCell key={index} viewer={viewer} index={index} {...facts} />
      ))}
    </div>
  )
})
