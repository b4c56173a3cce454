import { Button, Group, Modal, PasswordInput, Select, Stack, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'

import { type PacsForm, usePacsActions } from '@/api/admin'
import type { PacsConnection } from '@/api/types'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

const AUTH_KINDS = ['none', 'basic', 'bearer'] as const

export function PacsDialog({ pacs, onClose }: { pacs: PacsConnection | null; onClose: () => void }) {
  const { t } = useTranslation('admin')
  const { create, revise } = usePacsActions()
  const required = (value: string) => (value.trim() ? null : t('pacs.form.required'))
  const form = useForm({
    initialValues: {
      name: pacs?.name ?? '',
      base_url: pacs?.base_url ?? '',
      auth_kind: pacs?.auth_kind ?? 'none',
      username: pacs?.username ?? '',
      secret: '',
      networks: (pacs?.allowed_networks ?? []).join('\n'),
    },
    validate: { name: required, base_url: required },
  })
  const submit = form.onSubmit(({ networks, secret, ...rest }) => {
    const body: Partial<PacsForm> = {
      ...rest,
      allowed_networks: networks.split(/[\s,]+/).filter(Boolean),
      ...(secret ? { secret } : {}),
    }
    if (pacs) revise.mutate({ id: pacs.id, form: body }, { onSuccess: onClose })
    else create.mutate(body, { onSuccess: onClose })
  })
  const problem = create.error ?? revise.error
  return (
    <Modal opened onClose={onClose} title={t('pacs.form.title')}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput label={t('pacs.form.name')} {...form.getInputProps('name')} />
          <TextInput label={t('pacs.form.url')} description={t('pacs.form.urlHint')} {...form.getInputProps('base_url')} />
          <Select allowDeselect={false} label={t('pacs.form.auth')} data={AUTH_KINDS.map((value) => ({ value, label: wordFor('authKind', value) }))} {...form.getInputProps('auth_kind')} />
          {form.values.auth_kind === 'basic' && <TextInput label={t('pacs.form.username')} autoComplete="off" {...form.getInputProps('username')} />}
          {form.values.auth_kind !== 'none' && (
            <PasswordInput label={t('pacs.form.secret')} description={t('pacs.form.secretHint')} autoComplete="new-password" {...form.getInputProps('secret')} />
          )}
          <Textarea label={t('pacs.form.networks')} description={t('pacs.form.networksHint')} {...form.getInputProps('networks')} />
          {problem && <ProblemNotice problem={problem} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={create.isPending || revise.isPending}>
              {t('pacs.form.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
