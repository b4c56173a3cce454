import { IconAlertTriangle, IconCpu, IconPhotoDown } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { slicePosition } from '@/geometry'
import type { FrameDescription, SeriesDescription } from '@/viewer/frames'
import { lateralityOf } from '@/viewer/laterality'
import { isPreview } from '@/viewer/preview'
import type { StackView } from '@/viewer/stackView'

import safety from './safety.module.css'
import { useDevice } from './useDevice'
import classes from './viewer.module.css'

/** Number and description: the one line that may be shortened, since the study browser has it whole. */
export function SeriesName({ series }: { series: SeriesDescription }) {
  const name = [series.series_number, series.series_description].filter(Boolean).join(' · ')
  return (
    <div className={safety.seriesName} title={name}>
      {name}
    </div>
  )
}

/** The side a picture is of, as the file says, and that it does not say where it should. */
export function Laterality({ frame }: { frame: FrameDescription | null }) {
  const { t } = useTranslation('devices')
  const side = frame && lateralityOf(frame)
  if (side === null) return null
  if (side === 'missing') {
    return (
      <div className={classes.warning} data-testid="laterality">
        <IconAlertTriangle size={13} aria-hidden /> {t('banner.noLaterality')}
      </div>
    )
  }
  return (
    <div className={classes.strong} data-testid="laterality">
      {t(`banner.laterality.${side}`)}
    </div>
  )
}

/** Where the slice lies, in millimetres from the origin of its frame of reference. */
export function SlicePlace({ view }: { view: StackView }) {
  const { t } = useTranslation('devices')
  const plane = view.shownFrame?.plane_lps ?? null
  if (plane === null) return null
  const { letters, distance_mm } = slicePosition(plane)
  return (
    <span data-testid="slice-position">
      {' · '}
      <span className={safety.part}>
        {t('banner.position', { side: letters, mm: distance_mm.toFixed(1) })}
      </span>
    </span>
  )
}

/** In a viewport too small for the words of its warnings: that there are some. */
export function WarningCount({ count }: { count: number }) {
  const { t } = useTranslation('devices')
  return (
    <div className={`${classes.warning} ${safety.warningCount}`}>
      <IconAlertTriangle size={13} aria-hidden /> {t('banner.warnings', { count })}
    </div>
  )
}

/** What this machine cannot do, where it bears on the picture. */
export function DeviceLines({ view }: { view: StackView }) {
  const { t } = useTranslation('devices')
  const { lost } = useDevice()
  // Planes are computed from the frames themselves, whatever shows the images.
  const isLossy = view.state.reformat === null && isPreview(view.shownImage)
  return (
    <>
      {isLossy && (
        <div className={classes.warning} data-testid="lossy-preview">
          <IconPhotoDown size={13} aria-hidden /> {t('preview')}
        </div>
      )}
      {lost && (
        <div className={classes.warning} data-testid="graphics-lost" role="status">
          <IconCpu size={13} aria-hidden /> {t('lost')}
        </div>
      )}
    </>
  )
}
