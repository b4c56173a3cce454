import { Button, Loader } from '@mantine/core'
import { IconArrowsDiff, IconPhoto, IconPlugConnectedX, IconRefresh } from '@tabler/icons-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

import type { Study } from '@/api/types'
import type { StackView } from '@/viewer/stackView'
import type { Viewer } from '@/viewer/viewer'

import { hasNoPictures } from './caseImages'
import { OtherIdentityNotice } from './hanging/OtherIdentityNotice'
import { useViewerState } from './useViewerState'
import classes from './viewer.module.css'

/** How often to look whether an evicted series has come back. */
const ASK_AGAIN_MS = 2_000

interface ViewportNoticeProps {
  viewer: Viewer
  view: StackView
  index: number
  studies: readonly Study[]
}

/** What a viewport says when it has no picture, or not the one that was asked for. */
export function ViewportNotice({ viewer, view, index, studies }: ViewportNoticeProps) {
  const { t } = useTranslation('viewer')
  const state = useViewerState(viewer, () => view.state)
  const waiting =
    state.reformat === null &&
    state.shown_index !== null && state.shown_index !== state.index
  if (state.status === 'ready' && !waiting) return null
  if (state.status === 'error') return <Failure viewer={viewer} view={view} index={index} />
  if (state.status === 'not_comparable') {
    return (
      <div className={classes.notice} role="status">
        <IconArrowsDiff size={22} aria-hidden />
        <div className={classes.strong}>{t('notice.notComparable')}</div>
        <div>{t('notice.notComparableWhy')}</div>
      </div>
    )
  }
  if (state.status === 'other_identity') return <OtherIdentityNotice viewer={viewer} />
  if (state.status === 'empty') {
    const isBare = hasNoPictures(studies)
    return (
      <div className={`${classes.notice} ${classes.quiet}`} data-testid="empty-viewport">
        <IconPhoto size={22} aria-hidden />
        <div>{isBare ? t('notice.noPictures') : t('notice.empty')}</div>
        {isBare && <div>{t('notice.noPicturesWhy')}</div>}
      </div>
    )
  }
  if (waiting) {
    return (
      <div className={classes.waiting} role="status">
        {t('notice.waiting', { number: state.index + 1 - (view.stack?.start ?? 0) })}
      </div>
    )
  }
  return (
    <div className={classes.notice} role="status">
      <Loader size="sm" />
      <div>{t('notice.loading')}</div>
    </div>
  )
}

function Failure({ viewer, view, index }: Omit<ViewportNoticeProps, 'studies'>) {
  const { t } = useTranslation('viewer')
  const { error, series, shown_index } = view.state
  const code = error?.code ?? 'server'
  const again = () => {
    if (series === null) viewer.retry(index)
    else view.retry()
  }
  useEffect(() => {
    if (code !== 'evicted') return
    const timer = setTimeout(again, ASK_AGAIN_MS)
    return () => clearTimeout(timer)
  })
  return (
    <div className={`${classes.notice} ${shown_index === null ? '' : classes.over}`} role="alert">
      <IconPlugConnectedX size={22} aria-hidden />
      <div className={classes.strong}>{t(`error.${code}`)}</div>
      <div>{t(`errorNow.${code}`)}</div>
      {error?.request_id && (
        <div className={classes.dim}>{t('error.request', { id: error.request_id })}</div>
      )}
      <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={again}>
        {t('error.retry')}
      </Button>
    </div>
  )
}
