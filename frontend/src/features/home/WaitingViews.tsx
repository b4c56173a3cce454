import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useWaitingTours } from '@/api/tours'
import type { CaseListEntry } from '@/api/types'
import { tourPath } from '@/features/replay/paths'
import { formatDate, formatPatientName } from '@/ui/format'
import { Section } from '@/ui/Screen'

import classes from './Home.module.css'

/** Views that were left for me; nothing where there are none. */
export function WaitingViews({ cases }: { cases: readonly CaseListEntry[] }) {
  const { t } = useTranslation('replay')
  const waiting = useWaitingTours().data ?? []
  if (waiting.length === 0) return null
  return (
    <Section title={t('tour.waiting')} count={waiting.length}>
      <ul className={classes.list}>
        {waiting.map((tour) => {
          const entry = cases.find(({ id }) => id === tour.case)
          const line = [
            t('tour.waitingLine', { count: tour.steps, who: tour.author.display_name }),
            tour.due && t('tour.due', { when: formatDate(tour.due) }),
          ]
          return (
            <li key={tour.id} className={classes.item}>
              <Link to={tourPath(tour.case, tour.id)} className={classes.link}>
                <span className={classes.body}>
                  <div className={classes.title}>
                    {entry ? formatPatientName(entry.patient.name) : t('tour.someCase')}
                  </div>
                  <div className={classes.detail}>{line.filter(Boolean).join(' · ')}</div>
                </span>
              </Link>
            </li>
          )
        })}
      </ul>
    </Section>
  )
}
