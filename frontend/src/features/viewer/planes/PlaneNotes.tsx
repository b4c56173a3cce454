import { IconAlertTriangle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { lineColour } from '@/viewer/crosshair'
import { besideThePlane } from '@/viewer/rt/planarPainter'
import type { StackView } from '@/viewer/stackView'
import type { Viewer } from '@/viewer/viewer'
import { isWhole, orientationOf, planeNumber } from '@/viewer/volume/reformat'
import type { Refusal } from '@/viewer/volume/refusal'

import { SolidNotes } from '../solid/SolidNotes'
import { useViewerState } from '../useViewerState'
import shared from '../viewer.module.css'
import classes from './planes.module.css'

interface PlaneNotesProps {
  viewer: Viewer
  view: StackView
}

/** What plane this is, that it was computed, and what was refused: in the corner, in words. */
export function PlaneNotes({ viewer, view }: PlaneNotesProps) {
  const { t } = useTranslation(['volume', 'maps'])
  const { planes, series } = useViewerState(viewer, () => view.state)
  const problem = series?.map?.problem
  const beside = useViewerState(viewer, (v) => besideThePlane(view, v.rt))
  return (
    <>
      {planes.refusal && <Refused kind="plane" refusal={planes.refusal} />}
      {planes.fusion_refusal && <Refused kind="fusion" refusal={planes.fusion_refusal} />}
      {planes.loading && (
        <div role="status" data-testid="volume-loading">
          {t('plane.loading', { ...planes.loading })}
        </div>
      )}
      {problem && (
        <div className={shared.warning} data-testid="map-problem">
          <IconAlertTriangle size={13} aria-hidden /> {t(`maps:problem.${problem}`)}
        </div>
      )}
      {planes.fusion_loading && (
        <div role="status" data-testid="fusion-loading">
          {t('fusion.loading')}
        </div>
      )}
      {beside && (
        <div className={shared.warning} role="status" data-testid="contours-beside">
          <IconAlertTriangle size={13} aria-hidden /> {t('plane.beside', { names: beside })}
        </div>
      )}
      <PlaneLine viewer={viewer} view={view} />
    </>
  )
}

function Refused({ kind, refusal }: { kind: 'plane' | 'fusion'; refusal: Refusal }) {
  const { t } = useTranslation('volume')
  const words = [t(`refusal.${kind}.${refusal.code}`), ...refusal.details].join(' · ')
  return (
    <div className={shared.warning} role="status" data-testid={`${kind}-refusal`}>
      <IconAlertTriangle size={13} aria-hidden /> {words}
    </div>
  )
}

function PlaneLine({ viewer, view }: PlaneNotesProps) {
  const { t } = useTranslation('volume')
  const { reformat, camera } = useViewerState(viewer, () => view.state)
  const isLined = useViewerState(viewer, (v) => v.planes.crosshair !== null)
  const grid = view.planes.grid
  const index = viewer.views.indexOf(view)
  const swatch = isLined && camera && !isWhole(reformat) && (
    <span
      className={classes.swatch}
      style={{ background: lineColour(index) }}
      title={t('plane.line', { number: index + 1 })}
    >
      {index + 1}
    </span>
  )
  if (reformat === null || camera === null || grid === null) {
    return swatch ? <div className={classes.note}>{swatch}</div> : null
  }
  if (reformat.kind === 'solid') return <SolidNotes viewer={viewer} view={view} />
  if (reformat.kind === 'rotation') {
    return (
      <div data-testid="plane">
        {t('plane.rotation')} · {t('plane.resampled')}
      </div>
    )
  }
  const projection = t(`menu.${reformat.projection}`)
  return (
    <>
      <div className={classes.note} data-testid="plane">
        {swatch}
        {t(`plane.${orientationOf(camera) ?? 'oblique'}`)} · {t('plane.resampled')}
      </div>
      <div>
        {t('plane.number', { ...planeNumber(grid, camera) })}
        {reformat.slab_mm > 0 && ` · ${t('plane.slab', { projection, mm: reformat.slab_mm })}`}
      </div>
    </>
  )
}
