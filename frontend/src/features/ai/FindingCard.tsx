import { IconCheck, IconClockPause, IconFlag3Filled, IconReplace, IconSparkles, IconX } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { sayOpened } from '@/api/findings'
import type { Finding } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { AiMark } from '@/ui/clinical'
import { formatProbability, wordFor } from '@/ui/format'

import { ExternalLine, ExternalMark } from './ExternalMark'
import classes from './Findings.module.css'
import { DisputeChip, Opinions } from './Opinions'
import { isOpen, type FindingEdits, type FindingReview, type OpenedAt } from './review'
import { ReviewForm } from './ReviewForm'
import { ReviewLine } from './ReviewLine'
import { describeMeasurements } from './words'

interface FindingCardProps {
  finding: Finding
  isActive: boolean
  onShow?: (finding: Finding) => void
  review: FindingReview | null
  edits?: FindingEdits | null
  dense: boolean
}

export function FindingCard({ finding, isActive, onShow, review, edits = null, dense }: FindingCardProps) {
  const { t } = useTranslation('ai')
  const unreviewed = isOpen(finding)
  const openedAt = useOpened(finding, isActive)
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
        <DisputeChip finding={finding} />
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
      <Opinions finding={finding} />
      {review && <ReviewForm finding={finding} review={review} edits={edits} openedAt={openedAt} dense={dense} />}
    </li>
  )
}

/** Since when (ms) the finding is the one that is looked at; null while it is not. */
export function useOpened(finding: Finding, isActive: boolean): OpenedAt {
  const openedAt = useRef<number | null>(null)
  useEffect(() => {
    openedAt.current = isActive ? Date.now() : null
    if (isActive) sayOpened(finding)
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a new version of it is no new look
  }, [finding.id, isActive])
  return openedAt
}

const STATE_ICONS = { accepted: IconCheck, dismissed: IconX, deferred: IconClockPause, superseded: IconReplace } as const

export function FindingStateChip({ finding }: { finding: Finding }) {
  const { t } = useTranslation('ai')
  if (finding.state === 'unreviewed') return <AiMark />
  const Icon = STATE_ICONS[finding.state]
  const amended = finding.state === 'accepted' && finding.review?.amendment
  const tone = { accepted: 'ok', deferred: 'ai', dismissed: 'neutral', superseded: 'neutral' } as const
  return (
    <Chip tone={tone[finding.state]} icon={<Icon size={13} aria-hidden />} hint={finding.superseded_by ? t('finding.supersededBy', { version: finding.superseded_by }) : undefined}>
      {amended ? t('finding.acceptedAmended') : wordFor('findingState', finding.state)}
    </Chip>
  )
}
