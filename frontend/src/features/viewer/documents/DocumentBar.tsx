import { ActionIcon, Tooltip } from '@mantine/core'
import {
  IconArrowsMaximize,
  IconChevronLeft,
  IconChevronRight,
  IconX,
  IconZoomIn,
  IconZoomOut,
  type Icon,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Study } from '@/api/types'
import { formatDate, formatPatientName } from '@/ui/format'
import type { ShownDocument } from '@/viewer/documents'
import type { Viewer } from '@/viewer/viewer'

import classes from './documents.module.css'

interface DocumentBarProps {
  viewer: Viewer
  index: number
  shown: ShownDocument
  study: Study | undefined
}

/** Whose document it is, which page of how many, and what can be done with it. */
export function DocumentBar({ viewer, index, shown, study }: DocumentBarProps) {
  const { t } = useTranslation('documents')
  const { documents } = viewer
  const { page, pages } = shown
  const who = study?.patient
  return (
    <div className={classes.bar}>
      <span className={classes.identity} data-testid="patient-banner">
        <strong>{who && formatPatientName(who.name)}</strong>{' '}
        {who && [who.birth_date && formatDate(who.birth_date), who.patient_id].filter(Boolean).join(' · ')}
      </span>
      <span className={classes.barText} title={shown.title}>
        {shown.title} · {formatDate(shown.date)}
      </span>
      <span className={classes.pageNumber} role="status">
        {pages === null ? t('pageAlone', { page }) : t('page', { page, pages })}
      </span>
      <Act name={t('previousPage')} icon={IconChevronLeft} off={page <= 1} act={() => documents.step(index, -1)} />
      <Act name={t('nextPage')} icon={IconChevronRight} off={page >= (pages ?? 1)} act={() => documents.step(index, 1)} />
      <Act name={t('zoomOut')} icon={IconZoomOut} off={shown.zoom <= 1} act={() => documents.zoom(index, 0.8)} />
      <Act name={t('zoomIn')} icon={IconZoomIn} act={() => documents.zoom(index, 1.25)} />
      <Act name={t('fit')} icon={IconArrowsMaximize} act={() => documents.fit(index)} />
      <Act name={t('close')} icon={IconX} act={() => documents.close(index)} />
    </div>
  )
}

interface ActProps {
  name: string
  icon: Icon
  off?: boolean
  act: () => void
}

function Act({ name, icon: Sign, off = false, act }: ActProps) {
  return (
    <Tooltip label={name}>
      <ActionIcon size={26} variant="subtle" color="gray" aria-label={name} disabled={off} onClick={act}>
        <Sign size={16} />
      </ActionIcon>
    </Tooltip>
  )
}
