import type { Finding } from '@/api/types'
import type { Viewer } from '@/viewer/viewer'

import { useViewerState } from './useViewerState'
import { ViewportCell } from './ViewportCell'
import classes from './viewer.module.css'

interface ViewportGridProps {
  viewer: Viewer
  deidentified: boolean
  findings: readonly Finding[]
}

export function ViewportGrid({ viewer, deidentified, findings }: ViewportGridProps) {
  const layout = useViewerState(viewer, (v) => v.layout)
  const maximised = useViewerState(viewer, (v) => v.maximised)
  const masks = useViewerState(viewer, (v) => v.visibleMasks)
  useViewerState(viewer, (v) => v.tool)
  const count = layout.rows * layout.columns
  const indices =
    maximised === null ? Array.from({ length: count }, (_, index) => index) : [maximised]
  const columns = maximised === null ? layout.columns : 1
  const rows = maximised === null ? layout.rows : 1
  const unreviewed = new Set(masks.filter((mask) => mask.unreviewed).map((mask) => mask.id))
  const showsAi = (index: number): boolean =>
    findings.some(
      (finding) =>
        unreviewed.has(finding.id) &&
        finding.series_instance_uid === viewer.views[index]?.state.series?.series_instance_uid,
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
}
