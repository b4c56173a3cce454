import { useTranslation } from 'react-i18next'

import { useMoves } from '@/api/readiness'
import type { CaseDetail } from '@/api/types'
import { formatDateTime, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Readiness.module.css'

/** Every move of the case: who, when, from where to where, and why. */
export function MovesSection({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('readiness')
  const isShown = entry.can.includes('view_identified')
  const moves = useMoves(entry.id, isShown)
  if (!isShown) return null
  return (
    <Section title={t('triage.history')} count={moves.data?.length}>
      {moves.error && !moves.data && <ProblemNotice problem={moves.error} onRetry={() => void moves.refetch()} />}
      {moves.data?.length === 0 && <div className={classes.foot}>{t('triage.historyEmpty')}</div>}
      <ol className={classes.items} aria-label={t('triage.history')}>
        {moves.data?.map((move) => (
          <li key={move.id} className={classes.item} style={{ gridTemplateColumns: 'minmax(0, 1fr)' }}>
            <span className={classes.name}>
              {t('triage.move', { from: wordFor('caseStatus', move.from_status), to: wordFor('caseStatus', move.to_status) })}
              <div className={classes.dim}>
                {[
                  move.by,
                  formatDateTime(move.at),
                  move.reason_code && t(`reason.${move.reason_code}`, { defaultValue: move.reason_code }),
                  move.reason,
                  move.standard && `${move.standard} (${move.reference})`,
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </div>
            </span>
          </li>
        ))}
      </ol>
    </Section>
  )
}
