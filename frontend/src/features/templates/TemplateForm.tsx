import { Button, Checkbox, MultiSelect, NumberInput, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDeviceFloppy, IconRotate } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { asProblem } from '@/api/problem'
import { useSaveTemplate } from '@/api/readiness'
import type { CaseTemplateDetail, CaseTemplateDocument } from '@/api/types'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import { ItemRows } from './ItemRows'
import { StandardRows } from './StandardRows'
import classes from './Templates.module.css'

const DISCIPLINES = ['radiology', 'nuclear_medicine', 'pathology', 'surgery', 'medical_oncology', 'radiation_oncology', 'gastroenterology', 'pulmonology', 'nursing'] as const

/** One template as it is edited; saving makes the next version. */
export function TemplateForm({ template }: { template: CaseTemplateDetail }) {
  const { t } = useTranslation('templates')
  const [draft, setDraft] = useState<CaseTemplateDocument>(template.document)
  const [note, setNote] = useState('')
  const save = useSaveTemplate(template.tumour_type)
  const mayEdit = template.may_edit
  const kept = useMemo(() => new Set(template.document.items.map((item) => item.key)), [template])
  const change = (part: Partial<CaseTemplateDocument>) => setDraft((before) => ({ ...before, ...part }))
  const send = () =>
    save.mutate(
      { version: template.version, document: draft, note },
      { onSuccess: ({ version }) => notifications.show({ message: t('saved', { version }) }) },
    )
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <Section title={t('items')} count={draft.items.length}>
        <ItemRows items={draft.items} kept={kept} sources={template.sources} mayEdit={mayEdit} onChange={(items) => change({ items })} />
      </Section>
      <Section title={t('general')}>
        <div className={classes.grid}>
          <TextInput label={t('hanging')} value={draft.hanging ?? ''} disabled={!mayEdit} onChange={(event) => change({ hanging: event.currentTarget.value })} />
          <TextInput label={t('staging')} value={draft.staging ?? ''} disabled={!mayEdit} onChange={(event) => change({ staging: event.currentTarget.value })} />
          <NumberInput
            label={t('minutes')}
            description={t('minutesHint')}
            min={1}
            max={60}
            value={draft.minutes ?? ''}
            disabled={!mayEdit}
            onChange={(minutes) => change({ minutes: typeof minutes === 'number' ? minutes : null })}
          />
          <MultiSelect
            label={t('quorum')}
            data={DISCIPLINES.map((value) => ({ value, label: wordFor('discipline', value) }))}
            value={draft.quorum ?? []}
            disabled={!mayEdit}
            onChange={(quorum) => change({ quorum: quorum as CaseTemplateDocument['quorum'] })}
          />
          <Checkbox size="md" label={t('complex')} checked={draft.is_complex ?? false} disabled={!mayEdit} onChange={(event) => change({ is_complex: event.currentTarget.checked })} />
        </div>
      </Section>
      <Section title={t('fields')} count={draft.fields?.length ?? 0} padded>
        {draft.fields?.length ? draft.fields.map((field) => field.label).join(' · ') : t('fieldsNone')}
      </Section>
      <Section title={t('standards')} count={draft.standards?.length ?? 0}>
        <StandardRows standards={draft.standards ?? []} mayEdit={mayEdit} onChange={(standards) => change({ standards })} />
      </Section>
      {save.error && <SaveProblem problem={save.error} />}
      {mayEdit ? (
        <div className={classes.foot}>
          <TextInput label={t('note')} description={t('keeps')} maxLength={200} style={{ flex: '1 1 320px' }} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
          <Button variant="default" leftSection={<IconRotate size={15} aria-hidden />} onClick={() => setDraft(template.shipped)}>
            {t('reset')}
          </Button>
          <Button type="submit" loading={save.isPending} leftSection={<IconDeviceFloppy size={15} aria-hidden />}>
            {t('save', { version: template.version + 1 })}
          </Button>
        </div>
      ) : (
        <p className={classes.dim}>{t('readOnly')}</p>
      )}
    </form>
  )
}

interface Trouble {
  where: string
  what: string
}

/** What is wrong, and in which row. */
function SaveProblem({ problem }: { problem: unknown }) {
  const told = asProblem(problem).details as { problems?: Trouble[] } | undefined
  return <ProblemNotice problem={problem} advice={told?.problems?.map((one) => `${one.where}: ${one.what}`).join(' · ')} />
}
