import { IconAlertTriangle, IconPlugConnectedX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Registration, Study } from '@/api/types'
import { formatDate, formatTime } from '@/ui/format'
import type { Viewer } from '@/viewer/viewer'

import type { CasePixels } from './caseImages'
import { SeriesTile } from './SeriesTile'
import classes from './panels.module.css'

interface StudyBrowserProps {
  viewer: Viewer
  pixels: CasePixels
  studies: readonly Study[]
  registrations: readonly Registration[]
}

/** The studies of the case, newest first, each with its series to click or drag. */
export function StudyBrowser({ viewer, pixels, studies, registrations }: StudyBrowserProps) {
  const { t } = useTranslation('viewer')
  if (studies.length === 0) return <p className={classes.empty}>{t('studies.none')}</p>
  const sorted = [...studies].sort((a, b) => (b.study_date ?? '').localeCompare(a.study_date ?? ''))
  const awaySince = studies.map((study) => study.at_source.unreachable_since).find(Boolean)
  const sections = sorted.map((study, at) => (
    <section
      key={study.id}
      className={classes.study}
      aria-label={t('studies.section', { number: at + 1, name: study.description || t('studies.untitled') })}
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
              registrations={registrations}
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
