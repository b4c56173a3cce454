import { Button, Group, Modal, NumberInput, PasswordInput, Select, Stack, Switch, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'

import { type PacsForm, usePacsActions } from '@/api/admin'
import type { PacsConnection } from '@/api/types'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

const AUTH_KINDS = ['none', 'basic', 'bearer'] as const
const DEFAULT_PRIORITY = 100
const LOWEST_PRIORITY = 1000
const PEM_ROWS = 3

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
      default_issuer: pacs?.default_issuer ?? '',
      priority: pacs?.priority ?? DEFAULT_PRIORITY,
      is_active: pacs?.is_active ?? true,
      ca_certificates: pacs?.ca_certificates ?? '',
      client_certificate: pacs?.client_certificate ?? '',
      client_key: '',
    },
    validate: { name: required, base_url: required },
  })
  const submit = form.onSubmit(({ networks, secret, client_key, ...rest }) => {
    const body: Partial<PacsForm> = {
      ...rest,
      allowed_networks: networks.split(/[\s,]+/).filter(Boolean),
      ...(secret ? { secret } : {}),
      ...(client_key ? { client_key } : {}),
    }
    if (pacs) revise.mutate({ id: pacs.id, form: body }, { onSuccess: onClose })
    else create.mutate(body, { onSuccess: onClose })
  })
  const problem = create.error ?? revise.error
  return (
    <Modal opened onClose={onClose} title={t('pacs.form.title')} size={640}>
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
          {form.values.base_url.startsWith('https:') && <TlsFields form={form} hasKey={pacs?.has_client_key ?? false} />}
          <Group grow align="flex-start">
            <NumberInput label={t('pacs.form.priority')} description={t('pacs.form.priorityHint')} min={0} max={LOWEST_PRIORITY} allowDecimal={false} {...form.getInputProps('priority')} />
            <TextInput label={t('pacs.form.issuer')} description={t('pacs.form.issuerHint')} {...form.getInputProps('default_issuer')} />
          </Group>
          <Switch label={t('pacs.form.active')} {...form.getInputProps('is_active', { type: 'checkbox' })} />
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

interface TlsFieldsProps {
  form: { values: { client_certificate: string }; getInputProps: (field: 'ca_certificates' | 'client_certificate' | 'client_key') => object }
  hasKey: boolean
}

/** Verification cannot be switched off: a self-signed PACS is its own authority. */
function TlsFields({ form, hasKey }: TlsFieldsProps) {
  const { t } = useTranslation('admin')
  const pem = { rows: PEM_ROWS, autoComplete: 'off', spellCheck: false, styles: { input: { fontFamily: 'var(--mantine-font-family-monospace)' } } }
  return (
    <>
      <Textarea label={t('pacs.form.ca')} description={t('pacs.form.caHint')} {...pem} {...form.getInputProps('ca_certificates')} />
      <Textarea label={t('pacs.form.certificate')} description={t('pacs.form.certificateHint')} {...pem} {...form.getInputProps('client_certificate')} />
      {form.values.client_certificate.trim() !== '' && (
        <Textarea label={t('pacs.form.key')} description={t(hasKey ? 'pacs.form.keyKept' : 'pacs.form.keyHint')} {...pem} {...form.getInputProps('client_key')} />
      )}
    </>
  )
}
