import { IconAlertTriangle, IconCloudDownload } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Registration, Series, Study } from '@/api/types'
import type { Viewer } from '@/viewer/viewer'

import { isPicture, isWithheld, type CasePixels } from './caseImages'
import { notesOf } from './registrations'
import { SeriesThumbnail } from './SeriesThumbnail'
import { StackChips } from './StackChips'
import { useViewerState } from './useViewerState'
import { SERIES_DRAG_TYPE } from './ViewportCell'
import classes from './panels.module.css'

interface SeriesTileProps {
  viewer: Viewer
  pixels: CasePixels
  study: Study
  series: Series
  registrations: readonly Registration[]
}

/** One series to click or drag, with what is unusual about it and the stacks in it. */
export function SeriesTile({ viewer, pixels, study, series, registrations }: SeriesTileProps) {
  const { t } = useTranslation('viewer')
  const uid = series.series_instance_uid
  const isShown = useViewerState(viewer, (v) =>
    v.visibleViews.some((view) => view.state.series?.series_instance_uid === uid),
  )
  const name = [series.modality, series.number, series.description].filter(Boolean).join(' · ')
  return (
    <>
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
          <WhatItIs series={series} />
          <WhatIsRegistered series={series} registrations={registrations} />
          {series.is_evicted && (
            <span className={classes.dim}>
              <IconCloudDownload size={12} aria-hidden /> {t('studies.evicted')}
            </span>
          )}
          {series.warnings.map((warning) => (
            <span key={warning.code} className={classes.tileWarning} title={warning.message}>
              <IconAlertTriangle size={12} aria-hidden /> {warning.message || warning.code}
            </span>
          ))}
        </span>
      </button>
      <StackChips viewer={viewer} series={series} />
    </>
  )
}

function WhatItIs({ series }: { series: Series }) {
  const { t } = useTranslation('viewer')
  const count = series.frame_count || series.instance_count
  const kind = t(`kind.${series.kind}` as 'kind.other', { defaultValue: t('kind.other') })
  const isImage = series.kind === 'image'
  const words = isPicture(series)
    ? [series.modality, !isImage && kind, t('studies.images', { count })]
    : [series.modality, !isImage && kind, isImage && !isWithheld(series) && t('studies.noPicture'), isWithheld(series) && t('studies.withheld')]
  return <span className={classes.dim}>{words.filter(Boolean).join(' · ')}</span>
}

function WhatIsRegistered({
  series,
  registrations,
}: Pick<SeriesTileProps, 'series' | 'registrations'>) {
  const { t } = useTranslation('viewer')
  const own = registrations.filter(
    (one) => one.series_instance_uid === series.series_instance_uid,
  )
  return own.flatMap((one) =>
    notesOf(one).map((note) => (
      <span
        key={`${one.id} ${note}`}
        className={note === 'applied' ? classes.dim : classes.tileWarning}
      >
        {note !== 'applied' && <IconAlertTriangle size={12} aria-hidden />}{' '}
        {t(`registration.${note}`)}
      </span>
    )),
  )
}
