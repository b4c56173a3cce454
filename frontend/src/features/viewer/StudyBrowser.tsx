import { IconAlertTriangle, IconCloudDownload, IconPlugConnectedX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Series, Study } from '@/api/types'
import { formatDate, formatTime } from '@/ui/format'
import type { Viewer } from '@/viewer/viewer'

import { isPicture, type CasePixels } from './caseImages'
import { SeriesThumbnail } from './SeriesThumbnail'
import { useViewerState } from './useViewerState'
import { SERIES_DRAG_TYPE } from './ViewportCell'
import classes from './panels.module.css'

interface StudyBrowserProps {
  viewer: Viewer
  pixels: CasePixels
  studies: readonly Study[]
}

/** The studies of the case, newest first, each with its series to click or drag. */
export function StudyBrowser({ viewer, pixels, studies }: StudyBrowserProps) {
  const { t } = useTranslation('viewer')
  if (studies.length === 0) return <p className={classes.empty}>{t('studies.none')}</p>
  const sorted = [...studies].sort((a, b) => (b.study_date ?? '').localeCompare(a.study_date ?? ''))
  const awaySince = studies.map((study) => study.at_source.unreachable_since).find(Boolean)
  const sections = sorted.map((study) => (
    <section
      key={study.id}
      className={classes.study}
      aria-label={study.description || t('studies.untitled')}
    >
      <header className={classes.studyHead}>
        <span className={classes.strong}>{formatDate(study.study_date)}</span>
        <span>{study.modalities.join(' ')}</span>
        <span className={classes.ellipsis} title={study.description}>
          {study.description || t('studies.untitled')}
        </span>
      </header>
      {study.warnings.map((warning) => (
        <span key={warning.code} className={classes.tileWarning} role="status">
          <IconAlertTriangle size={12} aria-hidden /> {warning.message}
        </span>
      ))}
      {study.state === 'ready' ? (
        <div className={classes.thumbnails}>
          {study.series.map((series) => (
            <SeriesTile
              key={series.id}
              viewer={viewer}
              pixels={pixels}
              study={study}
              series={series}
            />
          ))}
        </div>
      ) : (
        <StudyState study={study} />
      )}
    </section>
  ))
  return (
    <>
      {awaySince && (
        <p className={classes.away} role="status" data-testid="pacs-away">
          <IconPlugConnectedX size={14} aria-hidden />
          {t('studies.pacsAway', { since: formatTime(awaySince) })}
        </p>
      )}
      {sections}
    </>
  )
}

function StudyState({ study }: { study: Study }) {
  const { t } = useTranslation('viewer')
  if (study.state === 'failed') {
    return (
      <p className={classes.failed} role="alert">
        <IconAlertTriangle size={14} aria-hidden /> {study.error?.message ?? t('studies.failed')}
      </p>
    )
  }
  const { done, total } = study.progress
  return (
    <p className={classes.working}>
      <progress value={done} max={Math.max(total, 1)} /> {t('studies.loading', { done, total })}
    </p>
  )
}

interface SeriesTileProps {
  viewer: Viewer
  pixels: CasePixels
  study: Study
  series: Series
}

function SeriesTile({ viewer, pixels, study, series }: SeriesTileProps) {
  const { t } = useTranslation('viewer')
  const uid = series.series_instance_uid
  const isShown = useViewerState(viewer, (v) =>
    v.visibleViews.some((view) => view.state.series?.series_instance_uid === uid),
  )
  const name = [series.modality, series.number, series.description].filter(Boolean).join(' · ')
  const count = series.frame_count || series.instance_count
  return (
    <button
      type="button"
      className={classes.tile}
      data-shown={isShown}
      data-series={uid}
      disabled={!isPicture(series)}
      draggable
      title={name}
      onDragStart={(event) => event.dataTransfer.setData(SERIES_DRAG_TYPE, uid)}
      onClick={() => void viewer.show(viewer.active, uid, 'user')}
    >
      <SeriesThumbnail pixels={pixels.of(study.study_instance_uid)} series={series} />
      <span className={classes.tileText}>
        <span className={classes.ellipsis}>{series.description || series.modality}</span>
        <span className={classes.dim}>
          {series.modality} ·{' '}
          {isPicture(series)
            ? t('studies.images', { count })
            : t(series.modality === 'SEG' ? 'studies.segmentation' : 'studies.noPicture')}
        </span>
        {series.is_evicted && (
          <span className={classes.dim}>
            <IconCloudDownload size={12} aria-hidden /> {t('studies.evicted')}
          </span>
        )}
        {series.warnings.map((warning) => (
          <span key={warning.code} className={classes.tileWarning} title={warning.message}>
            <IconAlertTriangle size={12} aria-hidden /> {warning.message}
          </span>
        ))}
      </span>
    </button>
  )
}
