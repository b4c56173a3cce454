import { IconAlertTriangle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { StackMatch } from '@/api/research'
import type { Study } from '@/api/types'

import classes from './Research.module.css'
import { adviceFor, stackName } from './words'

interface OtherSeriesProps {
  study: Study
  others: readonly StackMatch[]
  /** No series fits: then this is the answer, and it stands open. */
  isAlone?: boolean
}

/** The series on which the mask does not lie, each with its reason. */
export function OtherSeries({ study, others, isAlone = false }: OtherSeriesProps) {
  const { t } = useTranslation('research')
  const list = (
    <ul className={classes.rows} aria-label={t('import.others', { count: others.length })}>
      {others.map((one) => (
        <li key={`${one.series_instance_uid}:${one.stack}`} className={classes.row}>
          <div className={classes.text}>
            <div>{stackName(study, one)}</div>
            <div className={classes.dim}>
              {one.refusal?.message} {whereWords(one, t)}
            </div>
          </div>
        </li>
      ))}
    </ul>
  )
  if (!isAlone) {
    return (
      <details className={classes.others}>
        <summary>{t('import.others', { count: others.length })}</summary>
        {list}
      </details>
    )
  }
  const advice = [...new Set(others.map((one) => adviceFor(one.refusal?.code ?? '')).filter(Boolean))]
  return (
    <>
      <div className={classes.identity} role="alert">
        <IconAlertTriangle size={18} aria-hidden />
        <div>
          <div className={classes.strong}>{t('import.fitsNone')}</div>
          {advice.map((one) => (
            <div key={one}>{one}</div>
          ))}
        </div>
      </div>
      {others.length > 0 && list}
    </>
  )
}

type Words = (key: string, values: Record<string, unknown>) => string

/** The two sizes, or how far apart: what somebody needs to find the right file. */
function whereWords({ refusal }: StackMatch, t: Words): string {
  const { mask, series, distance_mm } = (refusal?.details ?? {}) as { mask?: number[]; series?: number[]; distance_mm?: number }
  if (refusal?.code === 'different_shape' && mask && series) {
    return t('import.sizes', { mask: mask.join(' × '), series: series.join(' × ') })
  }
  return distance_mm === undefined ? '' : t('import.apart', { value: distance_mm })
}
