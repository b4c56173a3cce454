import { Button } from '@mantine/core'
import { IconCloudCheck, IconCloudOff, IconCloudUpload, IconRefresh } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Finding } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { formatDate, formatFigure, formatQuantity, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Findings.module.css'
import type { FindingReview } from './review'
import { quantityName, reviewDate, reviewerName } from './words'

interface ReviewLineProps {
  finding: Finding
  /** Null for whoever may not review; they do not send again either. */
  review: FindingReview | null
}

/** Who decided, when and why, and whether the PACS has it. */
export function ReviewLine({ finding, review: carrier }: ReviewLineProps) {
  const { t } = useTranslation('ai')
  const { review } = finding
  if (!review) return null
  return (
    <div className={classes.provenance}>
      {t('finding.reviewedBy', { state: wordFor('findingState', finding.state), who: reviewerName(finding), when: reviewDate(finding) })}
      {review.reason_code && ` · ${wordFor('dismissReason', review.reason_code)}`}
      {review.comment && ` · ${t('finding.comment', { text: review.comment })}`}
      {review.amendment && <AmendmentLine amendment={review.amendment} />}
      {review.defer_until && <div>{t('finding.deferredUntil', { when: formatDate(review.defer_until) })}</div>}
      {finding.export && <ExportLine finding={finding} sent={finding.export} review={carrier} />}
    </div>
  )
}

type Amendment = NonNullable<NonNullable<Finding['review']>['amendment']>

/** What the reviewer changed of the model's mask, in figures. */
function AmendmentLine({ amendment }: { amendment: Amendment }) {
  const { t } = useTranslation('ai')
  const { volume_ml, diameter_mm } = amendment
  return (
    <div data-amendment>
      {t('finding.amended', {
        dice: amendment.dice.toFixed(2),
        volumeBefore: formatFigure(volume_ml.before, 'mL'),
        volumeAfter: formatQuantity(volume_ml.after, 'mL'),
        diameterBefore: formatFigure(diameter_mm.before, 'mm'),
        diameterAfter: formatQuantity(diameter_mm.after, 'mm'),
      })}
      {amendment.box && <div>{t('box:amended', { iou: amendment.box.iou.toFixed(2) })}</div>}
      {amendment.not_measured.length > 0 && (
        <div className={classes.why}>{t('finding.notMeasured', { what: amendment.not_measured.map(quantityName).join(', ') })}</div>
      )}
    </div>
  )
}

type Export = NonNullable<Finding['export']>
const EXPORT_LOOKS = {
  stored: { tone: 'ok', Icon: IconCloudCheck },
  failed: { tone: 'urgent', Icon: IconCloudOff },
  other: { tone: 'neutral', Icon: IconCloudUpload },
} as const

/** The way to the PACS: where it stands, why it does not go on, and once more. */
function ExportLine({ finding, sent, review }: { finding: Finding; sent: Export; review: FindingReview | null }) {
  const { t } = useTranslation('ai')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const { tone, Icon } = EXPORT_LOOKS[sent.state === 'stored' || sent.state === 'failed' ? sent.state : 'other']
  const again = async (carrier: FindingReview) => {
    setBusy(true)
    setProblem(null)
    try {
      await carrier.retryExport(finding)
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div data-export={sent.state}>
      <Chip bare tone={tone} icon={<Icon size={13} aria-hidden />}>
        {wordFor('exportState', sent.state)}
      </Chip>
      {sent.error && sent.state !== 'stored' && <div className={classes.why}>{sent.error.message || sent.error.code}</div>}
      {sent.state === 'failed' && review?.role === 'review' && (
        <Button
          size="compact-sm"
          mt={4}
          variant="default"
          loading={busy}
          leftSection={<IconRefresh size={14} aria-hidden />}
          aria-label={t('finding.exportAgainOf', { label: finding.label })}
          onClick={() => void again(review)}
        >
          {t('finding.exportAgain')}
        </Button>
      )}
      {problem !== null && <ProblemNotice problem={problem} />}
    </div>
  )
}
