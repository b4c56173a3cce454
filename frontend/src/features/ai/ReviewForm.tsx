import { Button, Group, Select, Textarea } from '@mantine/core'
import { IconCheck, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { DISMISS_REASONS, type DismissReason } from '@/api/findings'
import type { Finding } from '@/api/types'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Findings.module.css'
import type { FindingReview } from './review'

interface ReviewFormProps {
  finding: Finding
  review: FindingReview
  dense?: boolean
}

/** Accept, or dismiss with a reason. Neither is preselected, focused or bound to Enter. */
export function ReviewForm({ finding, review, dense = false }: ReviewFormProps) {
  const { t } = useTranslation('ai')
  const [isDismissing, setDismissing] = useState(false)
  const [reason, setReason] = useState<DismissReason | null>(null)
  const [comment, setComment] = useState('')
  const [busy, setBusy] = useState<'accept' | 'dismiss' | null>(null)
  const [problem, setProblem] = useState<unknown>(null)
  const needsComment = reason === 'other' && !comment.trim()

  const attempt = async (kind: 'accept' | 'dismiss', work: () => Promise<void>) => {
    setBusy(kind)
    setProblem(null)
    try {
      await work()
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(null)
    }
  }
  const size = dense ? 'compact-sm' : 'xs'
  return (
    <>
      {!isDismissing && (
        <div className={classes.acts}>
          <Button
            size={size}
            variant="default"
            leftSection={<IconCheck size={14} aria-hidden />}
            loading={busy === 'accept'}
            aria-label={t('review.acceptFinding', { label: finding.label })}
            onClick={() => void attempt('accept', () => review.accept(finding))}
          >
            {t('review.accept')}
          </Button>
          <Button
            size={size}
            variant="default"
            leftSection={<IconX size={14} aria-hidden />}
            disabled={busy !== null}
            aria-label={t('review.dismissFinding', { label: finding.label })}
            onClick={() => setDismissing(true)}
          >
            {t('review.dismiss')}
          </Button>
        </div>
      )}
      {isDismissing && (
        <div className={classes.form}>
          <Select
            label={t('review.reason')}
            placeholder={t('review.reasonPlaceholder')}
            searchable
            value={reason}
            onChange={(value) => setReason(value as DismissReason | null)}
            data={DISMISS_REASONS.map((value) => ({ value, label: wordFor('dismissReason', value) }))}
          />
          <Textarea
            label={t('review.comment')}
            value={comment}
            maxLength={2000}
            minRows={1}
            error={needsComment ? t('review.commentRequired') : undefined}
            onChange={(event) => setComment(event.currentTarget.value)}
          />
          <Group gap={6}>
            <Button
              size={size}
              disabled={reason === null || needsComment}
              loading={busy === 'dismiss'}
              onClick={() => reason && void attempt('dismiss', () => review.dismiss(finding, { reasonCode: reason, comment: comment.trim() }))}
            >
              {t('review.confirmDismiss')}
            </Button>
            <Button size={size} variant="default" onClick={() => setDismissing(false)}>
              {t('common:action.cancel')}
            </Button>
          </Group>
        </div>
      )}
      {problem !== null && (
        <div className={classes.form}>
          <ProblemNotice problem={problem} />
        </div>
      )}
    </>
  )
}
