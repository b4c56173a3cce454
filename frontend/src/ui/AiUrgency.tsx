import { IconSparkles } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { AiUrgency } from '@/api/types'

import classes from './AiUrgency.module.css'
import { Chip } from './Chip'

/** How urgent AI takes a case to be: score, whose word it is, and why. It orders, it never decides. */
export function AiUrgencyChip({ urgency }: { urgency: AiUrgency | null }) {
  const { t } = useTranslation('urgency')
  const why = useUrgencyReason(urgency)
  if (!urgency) return null
  return (
    <Chip tone="ai" hatched={!urgency.is_accepted} icon={<IconSparkles size={13} aria-hidden />} hint={why}>
      {t(urgency.is_accepted ? 'chip.accepted' : 'chip.unreviewed', { level: t(`level.${urgency.level}`), score: urgency.score })}
      <span className="c-visually-hidden">{why}</span>
    </Chip>
  )
}

/** The reason and the model in plain sight, where there is room for a line. */
export function AiUrgencyLine({ urgency }: { urgency: AiUrgency | null }) {
  const why = useUrgencyReason(urgency)
  if (!urgency) return null
  return (
    <div className={classes.line} aria-hidden>
      {why}
    </div>
  )
}

function useUrgencyReason(urgency: AiUrgency | null): string {
  const { t } = useTranslation('urgency')
  if (!urgency) return ''
  const reason = t('reason', { reason: urgency.reason, model: urgency.model.name, version: urgency.model.version })
  return urgency.is_demoted ? `${reason} ${t('demotedHint')}` : reason
}
