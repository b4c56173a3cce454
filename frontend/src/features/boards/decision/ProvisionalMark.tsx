import { IconAlertTriangle, IconChecks } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Decision } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { formatDate } from '@/ui/format'

import { disciplines } from './SignedText'

/** Decided without quorum: said wherever the decision is, until a quorum confirms it (MDT-8). */
export function ProvisionalMark({ decision }: { decision: Decision }) {
  const { t } = useTranslation('decisions')
  if (decision.quorum === 'missing' && decision.is_provisional) {
    return (
      <Chip tone="warning" icon={<IconAlertTriangle size={13} aria-hidden />}>
        {t('provisional', { missing: disciplines(decision.quorum_missing) })}
      </Chip>
    )
  }
  if (decision.quorum === 'missing') {
    const confirmed = decision.notes.find(({ kind }) => kind === 'confirmed')
    return (
      <Chip tone="ok" icon={<IconChecks size={13} aria-hidden />} hint={t('wasMissing', { missing: disciplines(decision.quorum_missing) })}>
        {t('confirmed', { when: formatDate(confirmed?.created_at) })}
      </Chip>
    )
  }
  if (decision.quorum === 'outside') return <Chip>{t('outside')}</Chip>
  return null
}
