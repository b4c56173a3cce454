import { IconCheck, IconEyeOff, IconPencilOff, IconTargetArrow } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Indicator, IndicatorReport } from '@/api/numbers'
import monitoring from '@/features/ai/monitoring/Monitoring.module.css'
import { SeriesChart } from '@/features/ai/monitoring/SeriesChart'
import { Chip } from '@/ui/Chip'

import { DRAWN, formatValue, lineOf, measureOf, partFigures, periodsOf, reaches } from './indicators'
import classes from './Numbers.module.css'

/** One number: what it is, what it rests on, how it went by month, and the same as a table. */
export function IndicatorCard({ report, one }: { report: IndicatorReport; one: Indicator }) {
  const { t } = useTranslation('numbers')
  const name = t(`indicator.${one.key}`)
  const isDrawn = DRAWN.has(one.key) && report.months.length > 1 && one.state === 'value'
  return (
    <figure className={classes.card} data-indicator={one.key}>
      <figcaption>
        <h3 className={classes.name}>{name}</h3>
        <Value report={report} one={one} />
        <p className={classes.hint}>{t(`hint.${one.key}`)}</p>
      </figcaption>
      {one.parts.length > 0 && <Parts one={one} name={name} />}
      {isDrawn && (
        <>
          <SeriesChart label={t('chartOf', { name })} periods={periodsOf(report)} lines={[lineOf(report, one.key)]} measure={measureOf(one)} hiddenWord={t('suppressed', { n: report.small })} />
          <details className={monitoring.details}>
            <summary>{t('table', { name })}</summary>
            <MonthTable report={report} keyOf={one.key} name={name} />
          </details>
        </>
      )}
    </figure>
  )
}

/** What is not recorded, suppressed, absent and zero never look alike. */
function Value({ report, one }: { report: IndicatorReport; one: Indicator }) {
  const { t } = useTranslation('numbers')
  const isReached = reaches(one)
  return (
    <div className={classes.value}>
      {one.state === 'value' && one.value !== null && (
        <>
          <span className={`${classes.figure} c-figures`}>{t(`unit.${one.unit}`, { value: formatValue(one.value, one.unit) })}</span>
          {one.low !== null && one.high !== null && <span className={classes.dim}>{t('quartiles', { low: formatValue(one.low, one.unit), high: formatValue(one.high, one.unit) })}</span>}
          <span className={classes.dim}>{one.count === null ? t('n', { n: one.n }) : t('countOf', { count: one.count, n: one.n })}</span>
          {one.known_of !== null && one.n !== null && one.known_of > one.n && <span className={classes.dim}>{t('knownOf', { n: one.n, of: one.known_of })}</span>}
        </>
      )}
      {one.state === 'none' && <span className={classes.dim}>{t('none')}</span>}
      {one.state === 'suppressed' && <Chip icon={<IconEyeOff size={13} aria-hidden />}>{t('suppressed', { n: report.small })}</Chip>}
      {one.state === 'not_recorded' && <Chip icon={<IconPencilOff size={13} aria-hidden />}>{t('notRecorded')}</Chip>}
      {one.target !== null && (
        <Chip tone={isReached === true ? 'ok' : isReached === false ? 'warning' : 'neutral'} icon={isReached ? <IconCheck size={13} aria-hidden /> : <IconTargetArrow size={13} aria-hidden />}>
          {t('target', { value: formatValue(one.target, one.unit === 'count' ? 'share' : one.unit) })}
        </Chip>
      )}
    </div>
  )
}

/** Where a part has its name: here, or among the reasons of follow-up and of deferral. */
const namesOf = (key: string): string[] => ['', 'followup:', 'readiness:'].map((from) => `${from}${from === '' ? 'part' : 'reason'}.${key}`)

/** Bars with their figures beside them: the list is its own table. */
function Parts({ one, name }: { one: Indicator; name: string }) {
  const { t } = useTranslation('numbers')
  return (
    <ul className={classes.bars} aria-label={t('partsOf', { name })}>
      {one.parts.map((part) => (
        <li key={part.key} className={classes.bar}>
          <span>{t(namesOf(part.key), { defaultValue: part.key })}</span>
          <span className={classes.track} aria-hidden>
            <span className={classes.fill} style={{ width: `${(part.share ?? 0) * 100}%` }} />
          </span>
          <span className="c-figures">{partFigures(part)}</span>
        </li>
      ))}
    </ul>
  )
}

function MonthTable({ report, keyOf, name }: { report: IndicatorReport; keyOf: string; name: string }) {
  const { t } = useTranslation('numbers')
  return (
    <div className={monitoring.scroll} tabIndex={0} role="region" aria-label={t('table', { name })}>
      <table className={`${monitoring.table} c-figures`}>
        <thead>
          <tr>
            <th scope="col">{t('month')}</th>
            <th scope="col">{name}</th>
            <th scope="col">{t('restsOn')}</th>
          </tr>
        </thead>
        <tbody>
          {report.months.map((month) => {
            const one = month.indicators.find(({ key }) => key === keyOf)
            return (
              <tr key={month.name}>
                <th scope="row">{month.is_complete ? month.name : t('partOfMonth', { month: month.name })}</th>
                <td>{one?.state === 'value' && one.value !== null ? formatValue(one.value, one.unit) : one?.state === 'suppressed' ? t('suppressed', { n: report.small }) : one?.state === 'not_recorded' ? t('notRecorded') : t('none')}</td>
                <td>{one?.n ?? '–'}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
