import { IconFileOff } from '@tabler/icons-react'
import { useEffect, useRef, useState, type DragEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { Cell } from '@/viewer/cell'
import type { Viewer } from '@/viewer/viewer'

import { CineBar } from './hanging/CineBar'
import { DocumentCell } from './documents/DocumentCell'
import { ColourBar } from './planes/ColourBar'
import { TurnControls } from './planes/TurnControls'
import { SolidControls } from './solid/SolidControls'
import { useViewerState } from './useViewerState'
import { ViewportBanner, type ViewportFacts } from './ViewportBanner'
import { ViewportNotice } from './ViewportNotice'
import classes from './viewer.module.css'

export const SERIES_DRAG_TYPE = 'application/x-consilium-series'

interface ViewportCellProps extends ViewportFacts {
  viewer: Viewer
  index: number
}

/** One viewport with its picture, its banner and what it has to say when there is no picture. */
export function ViewportCell({ viewer, index, ...facts }: ViewportCellProps) {
  const { t } = useTranslation('viewer')
  const host = useRef<HTMLDivElement>(null)
  const view = viewer.views[index]
  const [isDropping, setDropping] = useState(false)
  const shownDocument = useViewerState(viewer, (v) => v.documents.at(index))
  const isWithheld = useViewerState(viewer, (v) => v.documents.isWithheld(index))
  const isActive = useViewerState(viewer, (v) => v.active === index)
  useEffect(() => {
    if (!host.current || !view) return
    const cell = new Cell(host.current, viewer, view)
    return () => cell.dispose()
  }, [viewer, view])
  if (!view) return null

  const over = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes(SERIES_DRAG_TYPE)) return
    event.preventDefault()
    setDropping(true)
  }
  const drop = (event: DragEvent) => {
    setDropping(false)
    const uid = event.dataTransfer.getData(SERIES_DRAG_TYPE)
    if (!uid) return
    event.preventDefault()
    viewer.setActive(index, 'program')
    void viewer.show(index, uid, 'user')
  }
  return (
    <section
      className={classes.cell}
      data-active={isActive}
      data-viewport={index}
      aria-label={t('viewport.label', { number: index + 1 })}
      tabIndex={isActive ? 0 : -1}
      onFocus={() => viewer.setActive(index, 'program')}
      onDoubleClick={() => viewer.toggleMaximised(index)}
      data-dropping={isDropping || undefined}
      onDragOver={over}
      onDragLeave={() => setDropping(false)}
      onDrop={drop}
    >
      <div ref={host} className={classes.stage} data-tool={viewer.tool} />
      <ViewportBanner viewer={viewer} view={view} {...facts}>
        <TurnControls viewer={viewer} view={view} />
        <CineBar viewer={viewer} view={view} />
      </ViewportBanner>
      <SolidControls viewer={viewer} view={view} />
      <ColourBar viewer={viewer} view={view} />
      <ViewportNotice viewer={viewer} view={view} index={index} studies={facts.studies} />
      {shownDocument && (
        <DocumentCell viewer={viewer} index={index} shown={shownDocument} {...facts} />
      )}
      {isWithheld && (
        <div className={`${classes.notice} ${classes.over}`} role="status" data-testid="document-withheld">
          <IconFileOff size={22} aria-hidden />
          <div>{t('presence:document.withheld')}</div>
        </div>
      )}
    </section>
  )
}
