import { IconAlertTriangle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Finding } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { formatDate, wordFor } from '@/ui/format'

import classes from './Findings.module.css'

/** What others said beside the review, and whether they disagree. */
export function Opinions({ finding }: { finding: Finding }) {
  const { t } = useTranslation('ai')
  if (finding.opinions.length === 0) return null
  return (
    <ul className={classes.opinions} aria-label={t('opinion.list')}>
      {finding.opinions.map((one) => (
        <li key={one.reviewer.id} data-opinion={one.kind}>
          {t(`opinion.${one.kind}`, {
            who: one.reviewer.display_name,
            discipline: wordFor('discipline', one.reviewer.discipline),
            word: wordFor('opinion', one.decision),
            when: formatDate(one.at),
          })}
          {one.reason_code && ` · ${wordFor('dismissReason', one.reason_code)}`}
          {one.comment && ` · ${t('finding.comment', { text: one.comment })}`}
        </li>
      ))}
    </ul>
  )
}

export function DisputeChip({ finding }: { finding: Finding }) {
  const { t } = useTranslation('ai')
  if (!finding.is_disputed) return null
  return (
    <Chip tone="warning" icon={<IconAlertTriangle size={13} aria-hidden />} hint={t('opinion.disputedHint')}>
      {t('opinion.disputed')}
    </Chip>
  )
}
