import { Button, Group, Modal, NumberInput, Select, Stack, Switch, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'

import { useModels } from '@/api/findings'
import type { AutomationRule, AutomationRules, RuleDraft } from '@/api/types'
import { useRuleActions } from '@/api/urgency'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Automation.module.css'

const HOUSE = 'house'
const CONTRASTS = ['any', 'with', 'without'] as const
const MODALITY = /^[A-Z0-9_]{2,16}$/
const lines = (text: string) => text.split('\n').map((one) => one.trim()).filter(Boolean)

interface RuleDialogProps {
  rule: AutomationRule | null
  known: AutomationRules
  onClose: () => void
}

/** A rule is made or changed here, and tried on the last studies before it is kept. */
export function RuleDialog({ rule, known, onClose }: RuleDialogProps) {
  const { t } = useTranslation('automation')
  const models = useModels()
  const { create, change, tryOut } = useRuleActions()
  const [firstBoard] = known.boards
  const form = useForm({
    initialValues: {
      name: rule?.name ?? '',
      board: rule ? (rule.board?.id ?? HOUSE) : known.may_make_house_rules ? HOUSE : (firstBoard?.id ?? ''),
      model: rule?.model.id ?? '',
      modality: rule?.modality ?? 'CT',
      body_parts: rule?.body_parts ?? [],
      descriptions: (rule?.descriptions ?? []).join('\n'),
      not_descriptions: (rule?.not_descriptions ?? []).join('\n'),
      contrast: rule?.contrast ?? 'any',
      min_images: rule?.min_images ?? 1,
      is_urgent: rule?.is_urgent ?? false,
      enabled: rule?.enabled ?? true,
    },
    validate: {
      name: (value) => (value.trim() ? null : t('form.required')),
      model: (value) => (value ? null : t('form.required')),
      modality: (value) => (MODALITY.test(value) ? null : t('form.modalityWrong')),
    },
    onValuesChange: () => tryOut.reset(),
  })
  const draft = (): RuleDraft => ({
    ...form.values,
    board: form.values.board === HOUSE ? null : form.values.board,
    descriptions: lines(form.values.descriptions),
    not_descriptions: lines(form.values.not_descriptions),
  })
  const submit = form.onSubmit(() => {
    if (rule) change.mutate({ rule, changes: draft() }, { onSuccess: onClose })
    else create.mutate(draft(), { onSuccess: onClose })
  })
  const boards = [
    ...(known.may_make_house_rules ? [{ value: HOUSE, label: t('house') }] : []),
    ...known.boards.map((board) => ({ value: board.id, label: board.name })),
  ]
  const problem = create.error ?? change.error ?? tryOut.error
  return (
    <Modal opened onClose={onClose} title={t(rule ? 'form.change' : 'form.new')} size={640}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput label={t('form.name')} maxLength={80} data-autofocus {...form.getInputProps('name')} />
          <Group grow align="flex-start">
            <Select allowDeselect={false} label={t('form.board')} data={boards} {...form.getInputProps('board')} />
            <Select
              allowDeselect={false}
              searchable
              label={t('form.model')}
              data={(models.data ?? []).map((model) => ({ value: model.id, label: model.name }))}
              {...form.getInputProps('model')}
            />
          </Group>
          <Group grow align="flex-start">
            <TextInput label={t('form.modality')} description={t('form.modalityHint')} {...form.getInputProps('modality')} />
            <TagsInput label={t('form.bodyParts')} description={t('form.bodyPartsHint')} maxTags={20} {...form.getInputProps('body_parts')} />
          </Group>
          <Group grow align="flex-start">
            <Textarea rows={3} label={t('form.descriptions')} description={t('form.descriptionsHint')} {...form.getInputProps('descriptions')} />
            <Textarea rows={3} label={t('form.notDescriptions')} description={t('form.notDescriptionsHint')} {...form.getInputProps('not_descriptions')} />
          </Group>
          <Group grow align="flex-start">
            <Select
              allowDeselect={false}
              label={t('form.contrast')}
              data={CONTRASTS.map((value) => ({ value, label: t(`contrast.${value}`) }))}
              {...form.getInputProps('contrast')}
            />
            <NumberInput label={t('form.minImages')} min={1} max={100_000} allowDecimal={false} {...form.getInputProps('min_images')} />
          </Group>
          <Switch label={t('form.urgent')} {...form.getInputProps('is_urgent', { type: 'checkbox' })} />
          <Switch label={t('form.enabled')} {...form.getInputProps('enabled', { type: 'checkbox' })} />
          <div role="status">
            {tryOut.data && (
              <div className={classes.trial}>
                {tryOut.data.studies === 0 ? t('trial.noStudies') : t('trial.result', { requested: tryOut.data.requested, studies: tryOut.data.studies })}
                <ul>
                  {tryOut.data.reasons.map(({ reason, count }) => (
                    <li key={reason}>{t('trial.reason', { reason, count })}</li>
                  ))}
                </ul>
              </div>
            )}
          </div>
          {problem && <ProblemNotice problem={problem} />}
          <Group justify="flex-end">
            <Button variant="default" loading={tryOut.isPending} onClick={() => !form.validate().hasErrors && tryOut.mutate(draft())}>
              {t('trial.try')}
            </Button>
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={create.isPending || change.isPending}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
