import { IconUsers, IconUserQuestion } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { Chip } from '@/ui/Chip'
import { wordFor } from '@/ui/format'

/** Whether the board may decide: a word and an icon, and which discipline is missing. */
export function QuorumChip({ needs, missing }: { needs: readonly string[]; missing: readonly string[] }) {
  const { t } = useTranslation('people')
  if (needs.length === 0) return null
  const words = (disciplines: readonly string[]) =>
    disciplines.map((one) => wordFor('discipline', one)).join(', ')
  const isWhole = missing.length === 0
  return (
    <span role="status" data-testid="quorum" data-missing={missing.join(' ')}>
      {isWhole ? (
        <Chip tone="ok" icon={<IconUsers size={14} aria-hidden />} hint={t('quorum.needs', { disciplines: words(needs) })}>
          {t('quorum.whole')}
        </Chip>
      ) : (
        <Chip tone="warning" icon={<IconUserQuestion size={14} aria-hidden />} hint={t('quorum.needs', { disciplines: words(needs) })}>
          {t('quorum.missing', { disciplines: words(missing) })}
        </Chip>
      )}
    </span>
  )
}
