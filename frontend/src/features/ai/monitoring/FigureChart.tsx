import { useTranslation } from 'react-i18next'

import type { MonitoringReport } from '@/api/types'

import { type ChartSpec, formatMeasure, isEmpty, type Line, linesOf, type Measure, type Point, TOGETHER } from './figures'
import { Marker } from './Marker'
import classes from './Monitoring.module.css'
import { SeriesChart } from './SeriesChart'

/** As many lines as a picture bears; the table has all of them. */
const DRAWN = 6
const NONE: Point = { state: 'none' }
/** Groups of these have words; others are named as image headers name them. */
const WORDED = new Set(['sex', 'age_band', 'slice_thickness'])

/** One chart with its words, its legend and the same figures as a table. */
export function FigureChart({ report, spec }: { report: MonitoringReport; spec: ChartSpec }) {
  const { t } = useTranslation('monitoring')
  const lines = linesOf(report, spec)
  const drawn = lines.slice(0, DRAWN)
  const title = t(`chart.${spec.key}`)
  const name = useLineName(report.by)
  return (
    <figure className={classes.figure} data-chart={spec.key}>
      <figcaption className={classes.caption}>
        <h3 className={classes.figureTitle}>{title}</h3>
        <p className={classes.hint}>{t(`hint.${spec.key}`)}</p>
      </figcaption>
      {isEmpty(lines) ? (
        <p className={classes.nothing}>{t('nothing')}</p>
      ) : (
        <>
          <SeriesChart label={t('chartOf', { title, lines: drawn.map(name).join(', ') })} periods={report.periods} lines={drawn} measure={spec.measure} hiddenWord={t('hidden', { n: report.small_cell })} />
          <ul className={classes.legend} aria-hidden>
            {drawn.map((line, place) => (
              <li key={line.key} className={classes[`look${place % 6}`]}>
                <svg width="14" height="12" viewBox="0 0 14 12">
                  <Marker place={place} x={7} y={6} />
                </svg>
                {name(line)}
              </li>
            ))}
          </ul>
          {lines.length > DRAWN && <p className={classes.hint}>{t('moreInTable', { count: lines.length - DRAWN })}</p>}
          <details className={classes.details}>
            <summary>{t('table', { title })}</summary>
            <FigureTable report={report} lines={lines} measure={spec.measure} title={title} />
          </details>
        </>
      )}
    </figure>
  )
}

/** A group by its own name, a figure by its word. */
export function useLineName(by: string): (line: Line) => string {
  const { t } = useTranslation('monitoring')
  return ({ word, group }) => {
    if (word) return t(`line.${word}`)
    if (!by) return ''
    if (group === TOGETHER) return t('together')
    if (!group) return t('notKnown')
    return WORDED.has(by) ? t(`group.${by}.${group}`, { defaultValue: group }) : group
  }
}

function FigureTable({ report, lines, measure, title }: { report: MonitoringReport; lines: Line[]; measure: Measure; title: string }) {
  const { t } = useTranslation('monitoring')
  const name = useLineName(report.by)
  const say = usePointWords(measure, report.small_cell)
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={t('table', { title })}>
      <table className={`${classes.table} c-figures`}>
        <thead>
          <tr>
            <th scope="col">{report.by ? t('block') : t('week')}</th>
            {lines.map((line) => (
              <th key={line.key} scope="col">
                {name(line) || title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {report.periods.map((period, index) => (
            <tr key={period.name}>
              <th scope="row">
                <span className={classes.period}>{period.name}</span>
                {!period.is_complete && ` ${t('running')}`}
              </th>
              {lines.map((line) => (
                <td key={line.key}>{say(line.points[index] ?? NONE)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function usePointWords(measure: Measure, smallCell: number): (point: Point) => string {
  const { t } = useTranslation('monitoring')
  return (point) => {
    switch (point.state) {
      case 'hidden':
        return t('hidden', { n: smallCell })
      case 'none':
        return t('none')
      case 'open':
        return t('open', { n: point.n })
      case 'value': {
        const value = formatMeasure(point.value, measure)
        if (point.low === null || point.high === null) return value
        const range = { value, low: formatMeasure(point.low, measure), high: formatMeasure(point.high, measure), count: point.count, n: point.n }
        return t('share', range)
      }
    }
  }
}
