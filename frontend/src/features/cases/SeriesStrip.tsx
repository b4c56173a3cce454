import { Tooltip, UnstyledButton } from '@mantine/core'
import { IconAlertTriangle, IconEyeCheck, IconEyeOff } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import type { Series, Study } from '@/api/types'
import { wordFor } from '@/ui/format'

import classes from './Case.module.css'
import { ClearPicturesDialog } from './ClearPicturesDialog'
import { seriesElsewhere } from './origins'
import { SeriesThumbnail } from './SeriesThumbnail'

const SERIES_SHOWN = 12

interface SeriesStripProps {
  caseId: string
  study: Study
  /** Offers to clear withheld pictures for de-identified viewers. */
  mayClear: boolean
}

/** Images first; what was derived from them (SEG, SR, plans) after. */
function inReadingOrder(series: readonly Series[]): Series[] {
  return [...series].sort(
    (a, b) => Number(a.kind !== 'image') - Number(b.kind !== 'image') || (a.number ?? 1e9) - (b.number ?? 1e9),
  )
}

/** The series of a study at a glance. */
export function SeriesStrip({ caseId, study, mayClear }: SeriesStripProps) {
  const { t } = useTranslation('cases')
  const [isOpen, setOpen] = useState(false)
  const [asked, setAsked] = useState<Series | null>(null)
  const ordered = inReadingOrder(study.series)
  if (ordered.length === 0) return null
  const shown = isOpen ? ordered : ordered.slice(0, SERIES_SHOWN)
  const hidden = ordered.length - SERIES_SHOWN
  return (
    <>
      <div className={classes.strip}>
        {shown.map((series) => (
          <div key={series.id} className={classes.seriesCell}>
            <SeriesTile caseId={caseId} study={study} series={series} />
            {mayClear && series.is_clearable && (
              <UnstyledButton className={classes.clearance} data-state={series.disclosure} onClick={() => setAsked(series)}>
                {series.disclosure === 'cleared' ? <IconEyeCheck size={14} aria-hidden /> : <IconEyeOff size={14} aria-hidden />}
                {t(series.disclosure === 'cleared' ? 'clearance.cleared' : 'clearance.closed')}
              </UnstyledButton>
            )}
          </div>
        ))}
      </div>
      {hidden > 0 && (
        <UnstyledButton mt={8} mih={24} c="var(--c-accent)" fz={13} onClick={() => setOpen(!isOpen)}>
          {isOpen ? t('images.less') : t('images.more', { count: hidden })}
        </UnstyledButton>
      )}
      {asked && <ClearPicturesDialog caseId={caseId} study={study} series={asked} onClose={() => setAsked(null)} />}
    </>
  )
}

function SeriesTile({ caseId, study, series }: { caseId: string; study: Study; series: Series }) {
  const { t } = useTranslation('cases')
  const name = series.description || wordFor('seriesKind', series.kind)
  if (series.base_url === '' && series.disclosure === 'withheld') {
    return (
      <div className={classes.series} title={t('clearance.withheldHint')}>
        <TileFace study={study} series={series} name={name} />
      </div>
    )
  }
  return (
    <Link
      className={classes.series}
      to={`/cases/${caseId}/view?study=${study.study_instance_uid}&series=${series.series_instance_uid}`}
      title={t('images.openSeries', { what: name })}
    >
      <TileFace study={study} series={series} name={name} />
    </Link>
  )
}

function TileFace({ study, series, name }: { study: Study; series: Series; name: string }) {
  const { t } = useTranslation('cases')
  const warnings = series.warnings.map((warning) => warning.message || warning.code).join('\n')
  const isWithheld = series.base_url === '' && series.disclosure === 'withheld'
  return (
    <>
      <span className={classes.thumb}>
        {isWithheld ? <IconEyeOff size={26} stroke={1.4} aria-hidden /> : <SeriesThumbnail series={series} />}
        <span className={classes.thumbModality}>{series.modality}</span>
        {warnings && (
          <Tooltip label={warnings} multiline maw={340} style={{ whiteSpace: 'pre-line' }}>
            <span className={classes.thumbWarning}>
              <IconAlertTriangle size={14} aria-label={t('images.warning', { count: series.warnings.length })} />
            </span>
          </Tooltip>
        )}
      </span>
      <span className={classes.seriesText}>
        <div className={classes.seriesName} title={name}>
          {name}
        </div>
        <div className={classes.seriesCount} title={series.is_evicted ? t('images.evictedHint') : undefined}>
          {isWithheld && `${t('clearance.withheld')} · `}
          {t('images.objects', { count: series.frame_count || series.instance_count })}
          {series.is_evicted && ` · ${t('images.evicted')}`}
        </div>
        {seriesElsewhere(study, series).length > 0 && (
          <div className={classes.seriesCount}>
            {series.fetched_from.map((origin) => t('images.seriesFrom', { count: origin.objects, name: origin.name })).join(', ')}
          </div>
        )}
      </span>
    </>
  )
}
