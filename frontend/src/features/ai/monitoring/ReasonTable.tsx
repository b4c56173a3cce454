import { useTranslation } from 'react-i18next'

import type { MonitoringReport } from '@/api/types'
import { humanise, wordFor } from '@/ui/format'

import { useLineName } from './FigureChart'
import classes from './Monitoring.module.css'

const OF = ['failed', 'out_of_scope', 'dismissed'] as const

interface Reason {
  of: (typeof OF)[number]
  code: string
  group: string
  count: number
}

/** Reasons over all periods that are shown, the most frequent first. */
export function reasonsOf(report: MonitoringReport): Reason[] {
  const found = new Map<string, Reason>()
  for (const { of, code, group, count } of report.reasons) {
    const key = `${of} ${code} ${group}`
    found.set(key, { of, code, group, count: count + (found.get(key)?.count ?? 0) })
  }
  return [...found.values()].sort((a, b) => OF.indexOf(a.of) - OF.indexOf(b.of) || b.count - a.count)
}

export function ReasonTable({ report }: { report: MonitoringReport }) {
  const { t } = useTranslation('monitoring')
  const name = useLineName(report.by)
  const reasons = reasonsOf(report)
  if (reasons.length === 0) return <p className={classes.nothing}>{t('reasons.none')}</p>
  return (
    <div className={classes.padded}>
      <table className={`${classes.table} c-figures`}>
        <thead>
          <tr>
            <th scope="col">{t('reasons.what')}</th>
            <th scope="col">{t('reasons.why')}</th>
            {report.by && <th scope="col">{t(`by.${report.by}`)}</th>}
            <th scope="col">{t('reasons.count')}</th>
          </tr>
        </thead>
        <tbody>
          {reasons.map(({ of, code, group, count }) => (
            <tr key={`${of} ${code} ${group}`}>
              <td>{t(`line.${of}`)}</td>
              <td>{of === 'dismissed' ? wordFor('dismissReason', code) : code ? humanise(code) : '–'}</td>
              {report.by && <td>{name({ key: '', word: '', group, points: [] })}</td>}
              <td>{count}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
