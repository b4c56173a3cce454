import { IconCheck, IconCloudUpload, IconFlag3Filled, IconSparkles, IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Finding } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { AiMark } from '@/ui/clinical'
import { formatProbability, wordFor } from '@/ui/format'

import classes from './Findings.module.css'
import type { FindingReview } from './review'
import { ReviewForm } from './ReviewForm'
import { describeMeasurements, reviewDate, reviewerName } from './words'

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
      <ReviewLine finding={finding} />
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

/** Who decided, when and why, and whether the PACS has it. */
export function ReviewLine({ finding }: { finding: Finding }) {
  const { t } = useTranslation('ai')
  const { review } = finding
  if (!review) return null
  const sent = finding.export
  return (
    <div className={classes.provenance}>
      {t('finding.reviewedBy', { state: wordFor('findingState', finding.state), who: reviewerName(finding), when: reviewDate(finding) })}
      {review.reason_code && ` · ${wordFor('dismissReason', review.reason_code)}`}
      {review.comment && ` · ${t('finding.comment', { text: review.comment })}`}
      {sent && (
        <div>
          <Chip bare tone={sent.state === 'stored' ? 'ok' : sent.state === 'failed' ? 'urgent' : 'neutral'} icon={<IconCloudUpload size={13} aria-hidden />} hint={sent.error?.message}>
            {wordFor('exportState', sent.state)}
          </Chip>
        </div>
      )}
    </div>
  )
}
