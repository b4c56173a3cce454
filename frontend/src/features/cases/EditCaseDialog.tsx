import { Button, Group, Modal, Select, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'

import { useReviseCase } from '@/api/cases'
import { useClinical } from '@/api/clinical'
import type { CaseDetail } from '@/api/types'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

const ECOG = ['0', '1', '2', '3', '4', '5'] as const
const URGENCIES = ['routine', 'soon', 'urgent'] as const

export function EditCaseDialog({ entry, onClose }: { entry: CaseDetail; onClose: () => void }) {
  const { t } = useTranslation('cases')
  const revise = useReviseCase(entry.id)
  const known = useClinical(entry.id).data
  // What entries say is revised there.
  const saidBy = (said: boolean | undefined) => (said ? { disabled: true, description: t('clinical:saidByEntry') } : {})
  const form = useForm({
    initialValues: {
      title: entry.title,
      clinical_question: entry.clinical_question,
      history: entry.history,
      diagnosis: entry.diagnosis?.text ?? '',
      stage: entry.stage,
      ecog: entry.ecog === null ? null : String(entry.ecog),
      urgency: entry.urgency,
      urgency_reason: entry.urgency_reason,
    },
  })
  const submit = form.onSubmit(({ ecog, diagnosis, ...changes }) =>
    revise.mutate(
      {
        version: entry.version,
        ...changes,
        ecog: ecog === null ? null : Number(ecog),
        diagnosis: { ...(entry.diagnosis ?? { system: '', code: '', display: '' }), text: diagnosis },
      },
      { onSuccess: onClose },
    ),
  )
  return (
    <Modal opened onClose={onClose} title={t('editForm.title')} size="lg">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput label={t('worklist:form.caseTitle')} {...form.getInputProps('title')} />
          <Textarea label={t('question')} {...form.getInputProps('clinical_question')} />
          <Textarea label={t('history')} {...form.getInputProps('history')} />
          <SimpleGrid cols={2} spacing="sm">
            <TextInput label={t('editForm.diagnosisText')} {...saidBy(known && known.diagnoses.length > 0)} {...form.getInputProps('diagnosis')} />
            <TextInput label={t('stage')} {...saidBy(known && known.stagings.length > 0)} {...form.getInputProps('stage')} />
            <Select clearable label={t('editForm.ecog')} data={[...ECOG]} {...saidBy(known?.performance.some(({ scale }) => scale === 'ecog'))} {...form.getInputProps('ecog')} />
            <Select
              allowDeselect={false}
              label={t('worklist:form.urgency')}
              data={URGENCIES.map((value) => ({ value, label: wordFor('urgency', value) }))}
              {...form.getInputProps('urgency')}
            />
          </SimpleGrid>
          {form.values.urgency !== 'routine' && <TextInput label={t('worklist:form.reason')} {...form.getInputProps('urgency_reason')} />}
          {revise.error && <ProblemNotice problem={revise.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={revise.isPending}>
              {t('editForm.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
