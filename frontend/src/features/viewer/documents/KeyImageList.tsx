import { useTranslation } from 'react-i18next'

import type { DocumentImage } from '@/api/types'
import type { Viewer } from '@/viewer/viewer'

import panels from '../panels.module.css'
import { useViewerState } from '../useViewerState'
import classes from './documents.module.css'
import { goToImage, isHere } from './goTo'

/** The images somebody flagged, in their order; what is not here keeps its place and says so. */
export function KeyImageList({ viewer, images }: { viewer: Viewer; images: readonly DocumentImage[] }) {
  const { t } = useTranslation('documents')
  const shown = useViewerState(viewer, (v) => v.activeView?.shownFrame ?? null)
  if (images.length === 0) return <p className={panels.empty}>{t('noImageInList')}</p>
  return (
    <ol className={classes.images}>
      {images.map((image, at) => (
        <li key={`${image.sop_instance_uid} ${image.frame}`}>
          <button
            type="button"
            className={classes.image}
            disabled={!isHere(viewer, image)}
            data-image={image.sop_instance_uid}
            aria-current={shown?.sop_instance_uid === image.sop_instance_uid}
            onClick={() => void goToImage(viewer, image)}
          >
            {t(isHere(viewer, image) ? 'image' : 'imageMissing', { number: at + 1 })}
          </button>
        </li>
      ))}
    </ol>
  )
}
