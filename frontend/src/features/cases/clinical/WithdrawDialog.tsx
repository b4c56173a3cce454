import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type ClinicalEntry, type KindOfEntry, useWithdrawEntry } from '@/api/clinical'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { useClinicalWords } from './words'

interface WithdrawDialogProps {
  caseId: string
  kind: KindOfEntry
  entry: ClinicalEntry
  onClose: () => void
}

/** Entered in error: kept with the reason, shown to nobody as a fact. */
export function WithdrawDialog({ caseId, kind, entry, onClose }: WithdrawDialogProps) {
  const { t } = useTranslation('clinical')
  const { line } = useClinicalWords()
  const withdraw = useWithdrawEntry(caseId)
  const [reason, setReason] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (reason.trim()) withdraw.mutate({ kind, entry, reason }, { onSuccess: onClose })
  }
  return (
    <Modal opened onClose={onClose} title={t('withdraw.title')}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">{line(kind, entry)[0]}</Text>
          <Textarea
            data-autofocus
            required
            label={t('withdraw.reason')}
            description={t('withdraw.hint')}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {withdraw.error && <ProblemNotice problem={withdraw.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" color="red" loading={withdraw.isPending}>
              {t('withdraw.submit')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
