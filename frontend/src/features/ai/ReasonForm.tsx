import { Button, Group, Select, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { DISMISS_REASONS, type DismissReason } from '@/api/findings'
import { wordFor } from '@/ui/format'

import classes from './Findings.module.css'

interface ReasonFormProps {
  confirm: string
  busy: boolean
  size: 'compact-sm' | 'xs'
  onSay: (reasonCode: DismissReason, comment: string) => void
  onCancel: () => void
}

/** Why a finding is wrong: one of the known reasons, which nobody preselects. */
export function ReasonForm({ confirm, busy, size, onSay, onCancel }: ReasonFormProps) {
  const { t } = useTranslation('ai')
  const [reason, setReason] = useState<DismissReason | null>(null)
  const [comment, setComment] = useState('')
  const needsComment = reason === 'other' && !comment.trim()
  return (
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
        <Button size={size} disabled={reason === null || needsComment} loading={busy} onClick={() => reason && onSay(reason, comment.trim())}>
          {confirm}
        </Button>
        <Button size={size} variant="default" onClick={onCancel}>
          {t('common:action.cancel')}
        </Button>
      </Group>
    </div>
  )
}
