import { Button } from '@mantine/core'
import { IconCloudCheck, IconCloudOff, IconCloudUpload, IconRefresh } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Finding } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Findings.module.css'
import type { FindingReview } from './review'
import { reviewDate, reviewerName } from './words'

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
      {finding.export && <ExportLine finding={finding} sent={finding.export} review={carrier} />}
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
      {sent.state === 'failed' && review && (
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
