import { Button, Group, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Deferral } from '@/api/findings'

import classes from './Findings.module.css'

interface DeferFormProps {
  busy: boolean
  size: 'compact-sm' | 'xs'
  onSay: (deferral: Pick<Deferral, 'until' | 'comment'>) => void
  onCancel: () => void
}

/** Put off by name: until a day, or without one; it stays unverified. */
export function DeferForm({ busy, size, onSay, onCancel }: DeferFormProps) {
  const { t } = useTranslation('ai')
  const [until, setUntil] = useState('')
  const [comment, setComment] = useState('')
  return (
    <div className={classes.form}>
      <TextInput
        type="date"
        label={t('review.until')}
        description={t('review.untilHint')}
        value={until}
        onChange={(event) => setUntil(event.currentTarget.value)}
      />
      <Textarea label={t('review.comment')} value={comment} maxLength={2000} minRows={1} onChange={(event) => setComment(event.currentTarget.value)} />
      <Group gap={6}>
        <Button size={size} loading={busy} onClick={() => onSay({ until: until || null, comment: comment.trim() })}>
          {t('review.confirmDefer')}
        </Button>
        <Button size={size} variant="default" onClick={onCancel}>
          {t('common:action.cancel')}
        </Button>
      </Group>
    </div>
  )
}
