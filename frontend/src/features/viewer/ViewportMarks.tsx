import { IconRulerOff, IconStar } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { StackView } from '@/viewer/stackView'
import { isMeasuring } from '@/viewer/tools'
import type { Viewer } from '@/viewer/viewer'

import { isSameImage, type KeyImageStore } from './keyImageStore'
import { useViewerState } from './useViewerState'
import classes from './viewer.module.css'

interface ViewportMarksProps {
  viewer: Viewer
  view: StackView
  keyImages: KeyImageStore
}

/** What holds for the very image shown: a key image; and that nothing on it is in millimetres. */
export function ViewportMarks({ viewer, view, keyImages }: ViewportMarksProps) {
  const { t } = useTranslation('tools')
  const frame = useViewerState(viewer, () => view.shownFrame)
  const measuring = useViewerState(viewer, (v) => isMeasuring(v.tool))
  if (frame === null) return null
  const mark = keyImages.items.find((item) => isSameImage(item, frame))
  const { scale, regions } = frame.calibration
  const uncalibrated = frame.plane_lps === null && scale === null && regions.length === 0
  return (
    <>
      {mark && (
        <div className={classes.flag} data-testid="key-image">
          <IconStar size={13} aria-hidden /> {mark.note || t('keyImage.mark')}
        </div>
      )}
      {measuring && uncalibrated && (
        <div className={classes.uncalibrated} role="status" data-testid="uncalibrated">
          <IconRulerOff size={14} aria-hidden /> {t('uncalibrated')}
        </div>
      )}
    </>
  )
}
