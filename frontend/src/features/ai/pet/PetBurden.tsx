import { useTranslation } from 'react-i18next'

import { type PetBurden as Burden, usePetBurden } from '@/api/petBurden'
import type { Finding } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { formatCount, formatDate, formatFigure, formatQuantity } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { quantityName } from '../words'
import classes from './PetBurden.module.css'

const MTV = 'metabolic_tumour_volume'
const VOLUME_UNIT = 'mL'
const GLYCOLYSIS_UNIT = 'g'

interface CasePetBurdenProps {
  caseId: string
  findings: readonly Finding[]
}

/** Whole-body burden of the PET runs of a case; not there where nothing has a metabolic volume. */
export function CasePetBurden({ caseId, findings }: CasePetBurdenProps) {
  const ofPet = findings.filter((finding) => finding.measurements.some((one) => one.quantity === MTV))
  if (ofPet.length === 0) return null
  const reviewed = ofPet.map((finding) => `${finding.id}:${finding.version}`).join(' ')
  return <Runs caseId={caseId} reviewed={reviewed} />
}

function Runs({ caseId, reviewed }: { caseId: string; reviewed: string }) {
  const { t } = useTranslation('pet')
  const burden = usePetBurden(caseId, reviewed)
  return (
    <section className={classes.panel} aria-labelledby="pet-burden">
      <h3 className={classes.title} id="pet-burden">
        {t('title')}
      </h3>
      <p className={classes.dim}>{t('hint')}</p>
      {burden.error && !burden.data && <ProblemNotice problem={burden.error} onRetry={() => void burden.refetch()} />}
      {!burden.data && !burden.error && <LoadingRows label={t('common:list.loading')} rows={1} />}
      {burden.data?.results.map((run) => (
        <Run key={run.job} run={run} />
      ))}
    </section>
  )
}

function Run({ run }: { run: Burden }) {
  const { t } = useTranslation('pet')
  const series = run.series_description || run.series_instance_uid
  const date = run.study_date ? formatDate(run.study_date) : t('noDate')
  const because = run.no_sum_because
  return (
    <div className={classes.run} data-job={run.job}>
      <div className={classes.dim}>{t('of', { series, date, threshold: run.threshold })}</div>
      {run.superseded_by && <p className={classes.dim}>{t('superseded', { version: run.superseded_by })}</p>}
      <dl className={`${classes.sums} c-figures`}>
        <div>
          <dt>{t('lesions')}</dt>
          <dd>{formatCount(run.accepted)}</dd>
        </div>
        <div>
          <dt>{t('mtv')}</dt>
          <dd>{run.mtv_ml === null ? t('noSum') : formatQuantity(run.mtv_ml, VOLUME_UNIT)}</dd>
        </div>
        <div>
          <dt>{t('tlg')}</dt>
          <dd>{run.tlg_g === null ? t('noSum') : formatQuantity(run.tlg_g, GLYCOLYSIS_UNIT)}</dd>
        </div>
      </dl>
      {because && <p className={classes.dim}>{t(`because.${because.code}`, { defaultValue: because.message })}</p>}
      {run.waiting > 0 && <p className={classes.dim}>{t('waiting', { count: run.waiting })}</p>}
      {run.dismissed > 0 && <p className={classes.dim}>{t('dismissed', { count: run.dismissed })}</p>}
      {run.liver && (
        <p className={classes.dim}>
          {t('liver', {
            mean: formatQuantity(run.liver.suv_mean, 'g/mL'),
            sd: formatFigure(run.liver.suv_sd, 'g/mL'),
            threshold: formatQuantity(run.liver.threshold_suv, 'g/mL'),
          })}
        </p>
      )}
      {run.lesions.length > 0 && <Lesions run={run} series={series} />}
    </div>
  )
}

const COLUMNS = [
  ['metabolic_tumour_volume', 'mtv_ml', 'mL'],
  ['total_lesion_glycolysis', 'tlg_g', 'g'],
  ['suv_max', 'suv_max', 'g/mL'],
  ['suv_mean', 'suv_mean', 'g/mL'],
  ['suv_peak', 'suv_peak', 'g/mL'],
] as const

function Lesions({ run, series }: { run: Burden; series: string }) {
  const { t } = useTranslation('pet')
  const label = t('table', { series })
  return (
    <div className={classes.scroll} tabIndex={0} role="group" aria-label={label}>
      <table className={`${classes.table} c-figures`} aria-label={label}>
        <thead>
          <tr>
            <th scope="col">{t('lesion')}</th>
            {COLUMNS.map(([quantity]) => (
              <th key={quantity} scope="col">
                {quantityName(quantity)}
              </th>
            ))}
            {run.liver && <th scope="col">{t('measurable')}</th>}
          </tr>
        </thead>
        <tbody>
          {run.lesions.map((lesion) => (
            <tr key={lesion.finding} data-finding={lesion.finding}>
              <th scope="row">
                {lesion.label}
                {lesion.is_amended && ` (${t('amended')})`}
              </th>
              {COLUMNS.map(([quantity, key, unit]) => {
                const value = lesion[key]
                return <td key={quantity}>{value === null ? t('unknown') : formatQuantity(value, unit)}</td>
              })}
              {run.liver && (
                <td>{lesion.measurable_at_baseline === null ? t('unknown') : lesion.measurable_at_baseline ? t('yes') : t('no')}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
