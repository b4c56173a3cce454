import { IconAlertTriangle, IconRulerOff } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { StackView } from '@/viewer/stackView'
import { isMeasuring } from '@/viewer/tools'
import type { Viewer } from '@/viewer/viewer'
import { hasHoles, type Slide } from '@/viewer/wholeSlide'

import { useViewerState } from './useViewerState'
import classes from './viewer.module.css'

type TileSlide = Extract<Slide, { kind: 'tile' }>

/** What part of a whole slide this picture is, and what is not to be had of it. */
export function SlideNotes({ viewer, view }: { viewer: Viewer; view: StackView }) {
  const { t } = useTranslation('hangings')
  const frame = useViewerState(viewer, () => view.shownFrame)
  const measuring = useViewerState(viewer, (v) => isMeasuring(v.tool))
  if (!frame?.slide) return null
  const { slide, layout } = frame
  if (slide.kind === 'tile') return <TilePlace slide={slide} layout={layout} />
  const { columns, rows, tiles } = slide.region
  return (
    <>
      {measuring && (
        <div className={classes.uncalibrated} role="status" data-testid="slide-refusal">
          <IconRulerOff size={14} aria-hidden /> {t('slide.noMeasuring')}
        </div>
      )}
      {hasHoles(slide.region) && (
        <div className={classes.warning}>
          <IconAlertTriangle size={13} aria-hidden /> {t('slide.holes')}
        </div>
      )}
      <div data-testid="slide-region">{t('slide.region', { columns, rows, count: tiles.length })}</div>
    </>
  )
}

function TilePlace({ slide, layout }: { slide: TileSlide; layout: { columns: number; rows: number } }) {
  const { t } = useTranslation('hangings')
  const { tile, columns, rows } = slide
  return (
    <>
      <div className={classes.warning} data-testid="slide-refusal">
        <IconAlertTriangle size={13} aria-hidden /> {t(`slide.${slide.refusal}`)}
      </div>
      {tile && (
        <div data-testid="slide-tile">
          {t('slide.tile', {
            left: tile.left + 1,
            right: Math.min(columns, tile.left + layout.columns),
            top: tile.top + 1,
            bottom: Math.min(rows, tile.top + layout.rows),
            columns,
            rows,
          })}
        </div>
      )}
    </>
  )
}
