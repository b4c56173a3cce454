import { Button, Group, Modal, Select, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type CaseFollowUp, type DecidedOutcome, type TreatmentKind, useCaseFollowUpActions } from '@/api/followup'
import type { CaseDetail } from '@/api/types'
import { formatDate } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

const KINDS: readonly TreatmentKind[] = ['surgery', 'systemic', 'radiotherapy', 'chemoradiotherapy', 'intervention', 'surveillance', 'supportive', 'other']

interface OutcomeDialogProps {
  entry: CaseDetail
  found: CaseFollowUp
  decided: DecidedOutcome
  onClose: () => void
}

/** When which treatment began, how it went, and where the case came back. */
export function OutcomeDialog({ entry, found, decided, onClose }: OutcomeDialogProps) {
  const { t } = useTranslation('followup')
  const { saveOutcome } = useCaseFollowUpActions(entry.id)
  const known = decided.outcome
  const [started, setStarted] = useState(known?.treatment_started_on ?? '')
  const [kind, setKind] = useState<string | null>(known?.treatment_kind || null)
  const [text, setText] = useState(known?.text ?? '')
  const [item, setItem] = useState<string | null>(known?.rereferred_item ?? null)
  const later = found.agenda_items.filter(({ starts_at }) => decided.signed_at !== null && starts_at > decided.signed_at)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const kept = item ? null : (known?.rereferred_item ? null : (known?.rereferred_case ?? null))
    saveOutcome.mutate(
      {
        decision: decided.id,
        version: known?.version ?? 0,
        body: { treatment_started_on: started || null, treatment_kind: kind ?? '', text, rereferred_case: kept, rereferred_item: item },
      },
      { onSuccess: onClose },
    )
  }
  return (
    <Modal opened onClose={onClose} title={t('outcome.of', { when: formatDate(decided.signed_at) })}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <SimpleGrid cols={2} spacing="sm">
            <Select data-autofocus label={t('outcome.kind')} clearable value={kind} onChange={setKind} data={KINDS.map((value) => ({ value, label: t(`treatment.${value}`) }))} />
            <TextInput type="date" label={t('outcome.day')} required={kind !== null} value={started} onChange={(event) => setStarted(event.currentTarget.value)} />
          </SimpleGrid>
          <Textarea label={t('outcome.text')} autosize minRows={3} maxRows={8} maxLength={5000} value={text} onChange={(event) => setText(event.currentTarget.value)} />
          {later.length > 0 && (
            <Select label={t('outcome.item')} clearable value={item} onChange={setItem} data={later.map(({ id, board, starts_at }) => ({ value: id, label: `${board} · ${formatDate(starts_at)}` }))} />
          )}
          {saveOutcome.error && <ProblemNotice problem={saveOutcome.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={saveOutcome.isPending}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
