import { Button, Progress } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconClock, IconDownload, IconUserExclamation } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import type { Study, StudyState } from '@/api/types'
import { Chip, type Tone } from '@/ui/Chip'
import { SyntheticMark } from '@/ui/clinical'
import { formatDate, formatTime, wordFor } from '@/ui/format'

import classes from './Case.module.css'
import { fetchedElsewhere } from './origins'
import { SeriesStrip } from './SeriesStrip'

const STATES: Record<StudyState, { tone: Tone; icon: typeof IconCheck }> = {
  queued: { tone: 'neutral', icon: IconClock },
  ingesting: { tone: 'accent', icon: IconDownload },
  ready: { tone: 'ok', icon: IconCheck },
  failed: { tone: 'urgent', icon: IconAlertTriangle },
}

interface StudyCardProps {
  caseId: string
  study: Study
  mayClear?: boolean
  onRetry?: (study: Study) => void
  /** What else may be done with it; stands at its end. */
  menu?: ReactNode
}

export function StudyCard({ caseId, study, mayClear = false, onRetry, menu }: StudyCardProps) {
  const { t } = useTranslation('cases')
  const { tone, icon: Icon } = STATES[study.state]
  const name = study.description || study.modalities.join(' / ')
  const elsewhere = fetchedElsewhere(study)
  const viewUrl = `/cases/${caseId}/view?study=${study.study_instance_uid}`
  return (
    <article className={classes.study} aria-label={`${name} ${formatDate(study.study_date)}`}>
      <div className={classes.studyHead}>
        {study.modalities.map((modality) => (
          <span key={modality} className={classes.modality}>
            {modality}
          </span>
        ))}
        <div className={classes.studyTitle}>
          {study.state === 'ready' ? <Link to={viewUrl}>{name}</Link> : <span>{name}</span>}
          <span className={classes.dim}>
            {formatDate(study.study_date)} · {t('images.series', { count: study.series.length })} · {study.pacs_name ?? wordFor('studySource', study.source)}
          </span>
          {elsewhere.length > 0 && (
            <span className={classes.dim} title={t('images.fetchedFromHint', { pacs: study.pacs_name })}>
              {t('images.fetchedFrom', { names: elsewhere.join(', ') })}
            </span>
          )}
        </div>
        <div className={classes.studyEnd}>
          {study.synthetic && <SyntheticMark />}
          {study.mismatch_confirmed && (
            <Chip tone="warning" icon={<IconUserExclamation size={13} aria-hidden />} hint={t('images.mismatchHint')}>
              {t('images.mismatch')}
            </Chip>
          )}
          <Chip tone={tone} icon={<Icon size={13} aria-hidden />}>
            {wordFor('studyState', study.state)}
          </Chip>
          {menu}
        </div>
      </div>
      <StudyProgress study={study} />
      {study.warnings.map((warning) => (
        <div key={warning.code} className={classes.sourceWarning} role="status">
          <IconAlertTriangle size={16} aria-hidden />
          <span>{warning.message}</span>
        </div>
      ))}
      {study.error && study.state === 'failed' && (
        <div className={classes.error} role="alert">
          <IconAlertTriangle size={16} aria-hidden />
          <span>
            {study.error.message || wordFor('studyError', study.error.code)}
            {study.retry_at && <> {t('images.retryAt', { when: formatTime(study.retry_at) })}.</>}
          </span>
          {onRetry && (
            <Button size="xs" variant="default" ml="auto" onClick={() => onRetry(study)}>
              {t('common:action.retry')}
            </Button>
          )}
        </div>
      )}
      <SeriesStrip caseId={caseId} study={study} mayClear={mayClear} />
    </article>
  )
}

function StudyProgress({ study }: { study: Study }) {
  const { t } = useTranslation('cases')
  if (study.state !== 'queued' && study.state !== 'ingesting') return null
  const { done, total } = study.progress
  const share = total > 0 ? (done / total) * 100 : 0
  const text = total > 0 ? t('images.progress', { done, total }) : t('images.waiting')
  return (
    <div className={classes.progress}>
      <Progress.Root size={5} style={{ flex: 1 }}>
        <Progress.Section value={total > 0 ? share : 100} animated={total === 0} striped={total === 0} aria-label={text} />
      </Progress.Root>
      <span className={classes.dim}>{text}</span>
    </div>
  )
}
