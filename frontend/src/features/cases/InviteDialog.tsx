import { Button, Group, Modal, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'

import { useGrantAccess } from '@/api/cases'
import type { Guise } from '@/api/types'
import { wordFor } from '@/ui/format'
import { PersonSelect } from '@/ui/PersonSelect'
import { ProblemNotice } from '@/ui/ProblemNotice'

const CAPACITIES = ['member', 'consultant', 'observer', 'chair', 'coordinator'] as const
const GUISES: Guise[] = ['identified', 'deidentified']

export function InviteDialog({ caseId, onClose }: { caseId: string; onClose: () => void }) {
  const { t } = useTranslation('cases')
  const grant = useGrantAccess(caseId)
  const form = useForm<{ user: string | null; capacity: string; guise: Guise; expires_on: string }>({
    initialValues: { user: null, capacity: 'member', guise: 'identified', expires_on: '' },
    validate: { user: (value) => (value ? null : t('people.form.required')) },
  })
  const submit = form.onSubmit(({ user, capacity, guise, expires_on }) => {
    if (!user) return
    // A date means the whole of that day, here.
    const expires_at = expires_on ? new Date(`${expires_on}T23:59:59`).toISOString() : null
    grant.mutate({ user, capacity, guise, expires_at }, { onSuccess: onClose })
  })
  return (
    <Modal opened onClose={onClose} title={t('people.form.title')}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <PersonSelect label={t('people.form.person')} value={form.values.user} error={form.errors.user} onChange={(user) => form.setFieldValue('user', user)} />
          <Select
            label={t('people.form.capacity')}
            allowDeselect={false}
            data={CAPACITIES.map((value) => ({ value, label: wordFor('capacity', value) }))}
            {...form.getInputProps('capacity')}
            onChange={(capacity) => {
              form.setFieldValue('capacity', capacity ?? 'member')
              // A consultant from outside sees no identity unless somebody says otherwise.
              form.setFieldValue('guise', capacity === 'consultant' ? 'deidentified' : 'identified')
            }}
          />
          <div>
            <Text size="sm" fw={500} mb={4}>
              {t('people.form.guise')}
            </Text>
            <SegmentedControl fullWidth data={GUISES.map((value) => ({ value, label: wordFor('guise', value) }))} {...form.getInputProps('guise')} />
          </div>
          <TextInput type="date" label={t('people.form.expires')} {...form.getInputProps('expires_on')} />
          {grant.error && <ProblemNotice problem={grant.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={grant.isPending}>
              {t('people.form.submit')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
