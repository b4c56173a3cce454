import { Button, Switch } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import type { OpenedDocument } from '@/api/types'
import { applyPresentation } from '@/viewer/presentation'
import type { Viewer } from '@/viewer/viewer'

import { useViewerState } from '../useViewerState'
import classes from './documents.module.css'
import { goToImage, isHere } from './goTo'
import { lookOf } from './layers'

interface PresentationViewProps {
  viewer: Viewer
  document: OpenedDocument
}

/** The images of a presentation state: shown as it was stored, or as acquired. */
export function PresentationView({ viewer, document }: PresentationViewProps) {
  const { t } = useTranslation('documents')
  const isDrawn = useViewerState(viewer, (v) => v.graphics.shownIds.has(document.id))
  const looks = document.presentation?.images ?? []
  const apply = async (look: (typeof looks)[number]) => {
    viewer.graphics.show(document.id, true)
    if (!(await goToImage(viewer, look.image))) return
    const view = viewer.activeView
    if (view) applyPresentation(view, lookOf(document, look))
  }
  const asAcquired = () => {
    viewer.graphics.show(document.id, false)
    viewer.activeView?.reset()
  }
  return (
    <div>
      <ol className={classes.images}>
        {looks.map((look, at) => (
          <li key={`${look.image.sop_instance_uid} ${look.image.frame}`} className={classes.look}>
            <span>{t(isHere(viewer, look.image) ? 'image' : 'imageMissing', { number: at + 1 })}</span>
            <Button
              size="compact-xs"
              variant="default"
              disabled={!isHere(viewer, look.image)}
              onClick={() => void apply(look)}
            >
              {t('apply')}
            </Button>
          </li>
        ))}
      </ol>
      <div className={classes.look}>
        <Switch
          size="xs"
          label={t('showDrawings')}
          checked={isDrawn}
          onChange={(event) => viewer.graphics.show(document.id, event.currentTarget.checked)}
        />
        <Button size="compact-xs" variant="subtle" color="gray" onClick={asAcquired}>
          {t('asAcquired')}
        </Button>
      </div>
    </div>
  )
}
