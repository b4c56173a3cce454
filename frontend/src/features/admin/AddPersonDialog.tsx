import { Button, Checkbox, Group, Modal, MultiSelect, PasswordInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'

import { useInstitutions, usePeopleActions } from '@/api/admin'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

const DISCIPLINES = [
  'radiology', 'nuclear_medicine', 'pathology', 'surgery', 'medical_oncology', 'radiation_oncology',
  'gastroenterology', 'pulmonology', 'nursing', 'coordination', 'administration', 'other',
] as const
const ROLES = ['coordinator', 'ai_admin', 'system_admin', 'auditor'] as const
const SHORTEST_PASSWORD = 12

export function AddPersonDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('admin')
  const institutions = useInstitutions()
  const { create } = usePeopleActions()
  const required = (value: string) => (value.trim() ? null : t('people.form.required'))
  const form = useForm({
    initialValues: {
      display_name: '', email: '', password: '', discipline: '',
      institution: null as string | null, system_roles: [] as string[], is_trainee: false,
    },
    validate: {
      display_name: required,
      email: required,
      discipline: required,
      password: (value) => (value.length >= SHORTEST_PASSWORD ? null : t('people.form.short')),
    },
  })
  const words = (group: string, codes: readonly string[]) => codes.map((value) => ({ value, label: wordFor(group, value) }))
  return (
    <Modal opened onClose={onClose} title={t('people.form.title')} size="lg">
      <form onSubmit={form.onSubmit((person) => create.mutate(person, { onSuccess: onClose }))}>
        <Stack gap="sm">
          <SimpleGrid cols={2} spacing="sm">
            <TextInput label={t('people.form.name')} {...form.getInputProps('display_name')} />
            <TextInput label={t('people.form.email')} type="email" autoComplete="off" {...form.getInputProps('email')} />
            <Select searchable label={t('people.form.discipline')} data={words('discipline', DISCIPLINES)} {...form.getInputProps('discipline')} />
            <Select clearable label={t('people.form.institution')} data={(institutions.data ?? []).map((one) => ({ value: one.id, label: one.name }))} {...form.getInputProps('institution')} />
          </SimpleGrid>
          <MultiSelect label={t('people.form.roles')} data={words('systemRole', ROLES)} {...form.getInputProps('system_roles')} />
          <PasswordInput label={t('people.form.password')} description={t('people.form.passwordHint')} autoComplete="new-password" {...form.getInputProps('password')} />
          <Checkbox label={t('people.form.trainee')} {...form.getInputProps('is_trainee', { type: 'checkbox' })} />
          {create.error && <ProblemNotice problem={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t('people.form.submit')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
