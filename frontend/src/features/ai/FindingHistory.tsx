import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { findingHistory } from '@/api/findings'
import type { Finding } from '@/api/types'
import { formatDateTime, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Findings.module.css'

/** Every word on the finding in its case, the oldest first; nothing that was said is lost. */
export function FindingHistory({ finding }: { finding: Finding }) {
  const { t } = useTranslation('ai')
  const [isOpen, setOpen] = useState(false)
  const said = useQuery({
    queryKey: ['findings', 'history', finding.id, finding.case, finding.version, finding.opinions.length],
    queryFn: ({ signal }) => findingHistory(finding, signal),
    enabled: isOpen,
  })
  return (
    <details className={classes.history} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('history.open')}</summary>
      {said.error && <ProblemNotice problem={said.error} onRetry={() => void said.refetch()} />}
      {isOpen && said.isPending && <p className={classes.dim}>{t('common:list.loading')}</p>}
      <ol>
        {(said.data ?? []).map((one) => (
          <li key={`${one.at} ${one.reviewer.id}`} data-stands={one.stands}>
            {[
              formatDateTime(one.at),
              t(`history.kind.${one.kind}`),
              one.kind === 'review' ? wordFor('findingState', one.decision) : wordFor('opinion', one.decision),
              `${one.reviewer.display_name} (${wordFor('discipline', one.reviewer.discipline)})`,
              one.reason_code && wordFor('dismissReason', one.reason_code),
              one.comment && t('finding.comment', { text: one.comment }),
              one.context === 'read_first' && t('history.readFirst'),
              !one.stands && t('history.withdrawn'),
            ]
              .filter(Boolean)
              .join(' · ')}
          </li>
        ))}
      </ol>
    </details>
  )
}
