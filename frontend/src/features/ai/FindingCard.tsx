import { IconCheck, IconFlag3Filled, IconSparkles, IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Finding } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { AiMark } from '@/ui/clinical'
import { formatProbability, wordFor } from '@/ui/format'

import { ExternalLine, ExternalMark } from './ExternalMark'
import classes from './Findings.module.css'
import type { FindingReview } from './review'
import { ReviewForm } from './ReviewForm'
import { ReviewLine } from './ReviewLine'
import { describeMeasurements } from './words'

interface FindingCardProps {
  finding: Finding
  isActive: boolean
  onShow?: (finding: Finding) => void
  review: FindingReview | null
  dense: boolean
}

export function FindingCard({ finding, isActive, onShow, review, dense }: FindingCardProps) {
  const { t } = useTranslation('ai')
  const unreviewed = finding.state === 'unreviewed'
  const className = [classes.finding, unreviewed && classes.unreviewed, isActive && classes.active].filter(Boolean).join(' ')
  const title = (
    <>
      <IconSparkles size={15} aria-hidden />
      <span className={classes.labelText}>{finding.label}</span>
    </>
  )
  return (
    <li className={className} data-finding={finding.id} data-state={finding.state} aria-current={isActive || undefined}>
      <div className={classes.head}>
        {onShow ? (
          <button type="button" className={classes.label} onClick={() => onShow(finding)} aria-label={t('finding.showFinding', { label: finding.label })}>
            {title}
          </button>
        ) : (
          <span className={classes.label}>{title}</span>
        )}
        {finding.urgency === 'urgent' && (
          <Chip tone="urgent" icon={<IconFlag3Filled size={12} aria-hidden />}>
            {t('finding.urgent')}
          </Chip>
        )}
        <ExternalMark finding={finding} />
        <FindingStateChip finding={finding} />
      </div>
      <div className={classes.figures}>
        {describeMeasurements(finding.measurements).map((text) => (
          <span key={text}>{text}</span>
        ))}
        {finding.probability !== null && (
          <span className={classes.dim}>{t('finding.probabilityShort', { value: formatProbability(finding.probability) })}</span>
        )}
      </div>
      <div className={classes.provenance}>
        {finding.model.name} {finding.model.version}
        {finding.site ? ` · ${finding.site.display}` : ''}
      </div>
      <ExternalLine finding={finding} />
      <ReviewLine finding={finding} review={review} />
      {unreviewed && review && <ReviewForm finding={finding} review={review} dense={dense} />}
    </li>
  )
}

export function FindingStateChip({ finding }: { finding: Finding }) {
  if (finding.state === 'unreviewed') return <AiMark />
  const accepted = finding.state === 'accepted'
  const Icon = accepted ? IconCheck : IconX
  return (
    <Chip tone={accepted ? 'ok' : 'neutral'} icon={<Icon size={13} aria-hidden />}>
      {wordFor('findingState', finding.state)}
    </Chip>
  )
}
