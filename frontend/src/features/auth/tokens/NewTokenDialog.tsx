import { Button, Checkbox, Group, Modal, MultiSelect, Select, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'

import { type MintedToken, scopeKey, TOKEN_SCOPES, type TokenScope, useTokenActions } from '@/api/tokens'
import type { CaseListEntry } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

const DAYS = ['1', '7', '30', '90'] as const
const DAY_MS = 86_400_000
/** The server counts its 90 days from when it is asked. */
const MARGIN_MS = 60_000

const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS - MARGIN_MS).toISOString()

interface NewTokenDialogProps {
  cases: readonly CaseListEntry[]
  onClose: () => void
  onMinted: (minted: MintedToken) => void
}

export function NewTokenDialog({ cases, onClose, onMinted }: NewTokenDialogProps) {
  const { t } = useTranslation('auth')
  const { create } = useTokenActions()
  const form = useForm({
    initialValues: { name: '', cases: [] as string[], scopes: ['dicomweb:read'] as TokenScope[], days: '7' },
    validate: {
      name: (value) => (value.trim() ? null : t('required')),
      cases: (value) => (value.length > 0 ? null : t('tokens.form.someCase')),
      scopes: (value) => (value.length > 0 ? null : t('tokens.form.someScope')),
    },
  })
  const submit = form.onSubmit(({ days, ...rest }) => {
    create.mutate({ ...rest, name: rest.name.trim(), expires_at: inDays(Number(days)) }, { onSuccess: onMinted })
  })
  return (
    <Modal opened onClose={onClose} title={t('tokens.new')}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput data-autofocus label={t('tokens.form.name')} description={t('tokens.form.nameHint')} maxLength={100} {...form.getInputProps('name')} />
          <MultiSelect
            searchable
            hidePickedOptions
            label={t('tokens.form.cases')}
            description={t('tokens.form.casesHint')}
            maxValues={50}
            nothingFoundMessage={t('tokens.form.noCase')}
            data={cases.map((one) => ({ value: one.id, label: one.title }))}
            {...form.getInputProps('cases')}
          />
          <Checkbox.Group label={t('tokens.form.scopes')} {...form.getInputProps('scopes')}>
            <Stack gap={6} mt={6}>
              {TOKEN_SCOPES.map((scope) => (
                <Checkbox key={scope} value={scope} label={t(`tokens.scope.${scopeKey(scope)}`)} description={t(`tokens.form.scopeHint.${scopeKey(scope)}`)} />
              ))}
            </Stack>
          </Checkbox.Group>
          <Select allowDeselect={false} label={t('tokens.form.days')} data={DAYS.map((value) => ({ value, label: t('tokens.form.dayCount', { count: Number(value) }) }))} {...form.getInputProps('days')} />
          {create.error && <ProblemNotice problem={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t('tokens.form.make')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
