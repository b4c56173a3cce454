import { Button, Checkbox, Group, Modal, NumberInput, Select, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type ClinicalEntry, type KindOfEntry, useSayEntry, useStageTables } from '@/api/clinical'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { CodeField } from './CodeField'
import { FIELDS, type FieldSpec, missingOf, SOURCES, startOf, toSend } from './fields'
import { isPartial } from './partial'
import { useClinicalWords } from './words'

interface EntryDialogProps {
  caseId: string
  kind: KindOfEntry
  /** Revised: the new entry takes its place, it is kept. */
  before?: ClinicalEntry
  onClose: () => void
}

/** The form of one kind of entry, by its list of fields; everything by keyboard. */
export function EntryDialog({ caseId, kind, before, onClose }: EntryDialogProps) {
  const { t } = useTranslation('clinical')
  const { word } = useClinicalWords()
  const say = useSayEntry(caseId)
  const [said, setSaid] = useState(() => startOf(kind, before))
  const [fault, setFault] = useState<string | null>(null)
  const tables = useStageTables(kind === 'stagings')
  const set = (name: string, value: unknown) => setSaid((now) => ({ ...now, [name]: value }))

  const submit = (event: FormEvent) => {
    event.preventDefault()
    const missing = missingOf(kind, said) ?? ['on', 'ended_on'].find((name) => !isPartial(String(said[name] ?? ''))) ?? null
    setFault(missing)
    if (!missing) say.mutate({ kind, before, fields: toSend(kind, said) }, { onSuccess: onClose })
  }

  const draw = (spec: FieldSpec) => {
    const { name } = spec
    const label = t(`field.${kind}.${name}`, { defaultValue: t(`field.${name}`) })
    const error = fault === name ? t(name === 'ended_on' ? 'dateHint' : 'needed') : null
    const shared = { label, error, required: spec.required, withAsterisk: spec.required }
    const text = String(said[name] ?? '')
    switch (spec.kind) {
      case 'choice':
        return (
          <Select
            {...shared}
            clearable={!spec.required}
            data={(spec.values ?? []).map((value) => ({ value, label: word(spec.words ?? name, value) }))}
            value={text || null}
            onChange={(value) => set(name, value ?? '')}
          />
        )
      case 'table':
        return tables.data?.length ? (
          <Select
            {...shared}
            clearable
            data={tables.data.filter(({ edition }) => edition === said.edition).map(({ id, name: title }) => ({ value: id, label: title }))}
            value={text || null}
            onChange={(value) => set(name, value)}
          />
        ) : null
      case 'code':
        return <CodeField {...shared} system={spec.system ?? ''} value={text} onChange={(value) => set(name, value)} />
      case 'area':
        return <Textarea {...shared} autosize minRows={2} maxRows={8} value={text} onChange={(event) => set(name, event.currentTarget.value)} />
      case 'number':
        return <NumberInput {...shared} value={said[name] as number | ''} onChange={(value) => set(name, value === '' ? null : Number(value))} />
      case 'date':
        return <TextInput {...shared} type="date" value={text} onChange={(event) => set(name, event.currentTarget.value)} />
      case 'yesno':
        return (
          <Checkbox
            mt={26}
            label={label}
            checked={said[name] === true}
            indeterminate={said[name] === null}
            onChange={(event) => set(name, event.currentTarget.checked)}
          />
        )
      case 'checks':
        return <Conditions label={label} spec={spec} value={said[name] as string[] | null} word={word} onChange={(value) => set(name, value)} />
      default:
        return (
          <TextInput
            {...shared}
            placeholder={name === 'ended_on' ? t('dateHint') : undefined}
            value={text}
            onChange={(event) => set(name, event.currentTarget.value)}
          />
        )
    }
  }

  const shown = FIELDS[kind].filter(({ when }) => (when ? when(said) : true))
  const title = t(before ? 'revise' : 'record', { what: t(`one.${kind}`) })
  return (
    <Modal opened onClose={onClose} title={title} size="lg">
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <SimpleGrid cols={2} spacing="sm">
            {shown.map((spec) => (
              <div key={spec.name} style={spec.wide ? { gridColumn: '1 / -1' } : undefined}>
                {draw(spec)}
              </div>
            ))}
            <TextInput
              label={t(`field.${kind}.on`, { defaultValue: t('field.on') })}
              description={t('dateHint')}
              inputMode="numeric"
              error={fault === 'on' ? t('dateHint') : null}
              value={String(said.on ?? '')}
              onChange={(event) => set('on', event.currentTarget.value)}
            />
            <Select
              label={t('field.source')}
              description={t('sourceHint')}
              allowDeselect={false}
              data={SOURCES.map((value) => ({ value, label: word('source', value) }))}
              value={String(said.source)}
              onChange={(value) => set('source', value ?? 'clinician')}
            />
          </SimpleGrid>
          <Textarea label={t('field.note')} autosize minRows={1} value={String(said.note ?? '')} onChange={(event) => set('note', event.currentTarget.value)} />
          {say.error && <ProblemNotice problem={say.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={say.isPending}>
              {before ? t('saveRevision') : t('save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

interface ConditionsProps {
  label: string
  spec: FieldSpec
  value: string[] | null
  word: (group: string, value: unknown) => string
  onChange: (value: string[] | null) => void
}

/** Not assessed is not none: the list counts only once somebody says that it was gone through. */
function Conditions({ label, spec, value, word, onChange }: ConditionsProps) {
  const { t } = useTranslation('clinical')
  return (
    <Stack gap={6}>
      <Checkbox
        label={t('assessed')}
        checked={value !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? [] : null)}
      />
      {value !== null && (
        <Checkbox.Group label={label} description={t('charlsonHint')} value={value} onChange={onChange}>
          <SimpleGrid cols={2} spacing={4} mt={6}>
            {(spec.values ?? []).map((one) => (
              <Checkbox key={one} value={one} label={word(spec.words ?? '', one)} />
            ))}
          </SimpleGrid>
        </Checkbox.Group>
      )}
    </Stack>
  )
}
