import { useTranslation } from 'react-i18next'

import type { Finding, Job, Study } from '@/api/types'

import { AiOutcomes } from './AiOutcomes'
import { FindingCard } from './FindingCard'
import classes from './Findings.module.css'
import type { FindingEdits, FindingReview } from './review'

export interface FindingsPanelProps {
  findings: readonly Finding[]
  /** The runs behind them: what left no finding is told too. Null where they are not known. */
  jobs: readonly Job[] | null | undefined
  studies?: readonly Study[]
  activeFindingId?: string | null
  /** Bring the finding into view; without it the label is not a button. */
  onShow?: (finding: Finding) => void
  /** Null for whoever may not review. */
  review: FindingReview | null
  /** Where masks can be painted on. */
  edits?: FindingEdits | null
  /** Fewer words, for the side of the viewer. */
  dense?: boolean
}

const STATE_RANK = { unreviewed: 0, deferred: 1, accepted: 2, dismissed: 3, superseded: 4 } as const

/** Unreviewed first, the urgent and the likelier ahead; what is settled last. */
export function inReviewOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      STATE_RANK[a.state] - STATE_RANK[b.state] ||
      Number(b.urgency === 'urgent') - Number(a.urgency === 'urgent') ||
      (b.probability ?? 0) - (a.probability ?? 0) ||
      a.number - b.number,
  )
}

/** AI findings with their review. Nothing is accepted by default, by key or in bulk. */
export function FindingsPanel({ findings, jobs, studies, activeFindingId, onShow, review, edits = null, dense = false }: FindingsPanelProps) {
  const { t } = useTranslation('ai')
  return (
    <>
      {findings.length > 0 && (
        <ul className={classes.list}>
          {inReviewOrder(findings).map((finding) => (
            <FindingCard
              key={finding.id}
              finding={finding}
              isActive={finding.id === activeFindingId}
              onShow={onShow}
              review={review}
              edits={edits}
              dense={dense}
            />
          ))}
        </ul>
      )}
      {jobs !== undefined && <AiOutcomes jobs={jobs} studies={studies} hasFindings={findings.length > 0} />}
      {!dense && findings.length > 0 && <div className={classes.note}>{t('finding.unreviewedNote')}</div>}
    </>
  )
}
