import { IconInfoCircle, IconLink, IconUsersGroup } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { StackView } from '@/viewer/stackView'
import type { Viewer } from '@/viewer/viewer'

import { useViewerState } from '../useViewerState'
import classes from '../viewer.module.css'
import { missingDisplay } from './applied'

interface CellNotesProps {
  viewer: Viewer
  view: StackView
}

/** How this viewport moves with the others, and what it cannot be. */
export function CellNotes({ viewer, view }: CellNotesProps) {
  const { t } = useTranslation('hanging')
  const link = useViewerState(viewer, (v) => {
    const report = v.linker.reportOf(view)
    return report && `${report.kind}${report.beyond ? ' beyond' : ''}`
  })
  const missing = useViewerState(viewer, (v) => missingDisplay(v, view))
  const [kind, beyond] = (link ?? '').split(' ')
  return (
    <>
      {kind === 'offset' && (
        <div className={`${classes.warning} ${classes.note}`} data-testid="link" data-link="offset">
          <IconLink size={13} aria-hidden /> {t('link.byOffset')}
        </div>
      )}
      {(kind === 'same' || kind === 'registered') && (
        <div className={classes.note} data-testid="link" data-link={kind}>
          <IconLink size={13} aria-hidden /> {t(`link.${kind}`)}
        </div>
      )}
      {beyond && (
        <div className={`${classes.warning} ${classes.note}`}>
          <IconInfoCircle size={13} aria-hidden /> {t('link.beyond')}
        </div>
      )}
      {missing && (
        <div className={`${classes.warning} ${classes.note}`} data-testid="missing-display">
          <IconInfoCircle size={13} aria-hidden />{' '}
          {t('display.asStack', { kind: t(`display.${missing}`) })}
        </div>
      )}
    </>
  )
}

/** On every viewport while two identities are on one screen. */
export function ComparisonMark({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation('hanging')
  const isMixed = useViewerState(
    viewer,
    (v) => v.comparison.chosen && v.comparison.isMixed(v.visibleViews),
  )
  if (!isMixed) return null
  return (
    <div className={classes.comparison} data-testid="comparison">
      <IconUsersGroup size={14} aria-hidden /> {t('comparison.mark')}
    </div>
  )
}
