import { useTranslation } from 'react-i18next'

import type { Series } from '@/api/types'
import type { Viewer } from '@/viewer/viewer'

import { facetsOf, stackWords } from './stackWords'
import { useViewerState } from './useViewerState'
import classes from './stacks.module.css'

/** More than this many are chosen in the viewport. */
const MOST_CHIPS = 12

/** The stacks of a series in the study browser, each one click away. */
export function StackChips({ viewer, series }: { viewer: Viewer; series: Series }) {
  const { t } = useTranslation('viewer')
  const uid = series.series_instance_uid
  const shown = useViewerState(viewer, ({ activeView }) =>
    activeView?.state.series?.series_instance_uid === uid ? activeView.stack?.number : undefined,
  )
  if (series.stacks.length < 2) return null
  const chips = series.stacks.slice(0, MOST_CHIPS)
  const more = series.stack_count - chips.length
  return (
    <div className={classes.chips} role="group" aria-label={t('stack.choose')}>
      {chips.map((stack) => (
        <button
          key={stack.number}
          type="button"
          className={classes.chip}
          aria-pressed={shown === stack.number}
          data-stack={stack.number}
          title={stack.warnings.map((warning) => warning.message).join(' ')}
          onClick={() => void viewer.show(viewer.active, uid, 'user', { stack: stack.number })}
        >
          {stackWords(facetsOf(stack.facets), t)}
        </button>
      ))}
      {more > 0 && <span className={classes.more}>{t('stack.more', { count: more })}</span>}
    </div>
  )
}
