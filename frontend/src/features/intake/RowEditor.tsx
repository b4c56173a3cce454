import { Button, Checkbox, Group, Radio, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { IntakeList, IntakeRow, RowChanges } from '@/api/intake'
import { formatDate, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Intake.module.css'
import { DATE_FIELDS, editedFields, errorsOf, textOf } from './rows'

const SEXES = ['F', 'M', 'O'] as const

interface RowEditorProps {
  list: IntakeList
  row: IntakeRow
  busy: boolean
  problem: unknown
  onClose: () => void
  onSave: (changes: RowChanges) => void
}

/** One row in its place: the focus is on what is wrong or asked, Enter keeps, Escape leaves. */
export function RowEditor({ list, row, busy, problem, onClose, onSave }: RowEditorProps) {
  const { t } = useTranslation('intake')
  const fields = editedFields(list, row)
  const [texts, setTexts] = useState(() => Object.fromEntries(fields.map((field) => [field, textOf(list, row, field)])))
  const [choice, setChoice] = useState(row.choice === 'link' ? `link:${row.chosen_case ?? ''}` : row.choice)
  const [studies, setStudies] = useState(row.chosen_studies)
  const form = useRef<HTMLFormElement>(null)
  const asks = row.state === 'choice'
  useEffect(() => {
    const first = (selector: string) => form.current?.querySelector<HTMLElement>(selector)
    ;(first('[aria-invalid="true"]') ?? (asks ? first('input[type="radio"]') : null) ?? first('input'))?.focus()
  }, [asks])
  const needsChoice = row.open_cases.length > 0 || row.same_as !== null
  const save = () => {
    const corrections = Object.fromEntries(fields.filter((field) => texts[field] !== textOf(list, row, field)).map((field) => [field, texts[field] ?? '']))
    const [said = '', chosenCase] = choice.split(':') as ['' | 'new' | 'link' | 'skip', string | undefined]
    const isChosen = choice !== (row.choice === 'link' ? `link:${row.chosen_case ?? ''}` : row.choice)
    onSave({
      ...(Object.keys(corrections).length > 0 ? { corrections } : {}),
      ...(isChosen ? { choice: said, case: chosenCase ?? null } : {}),
      ...(studies.join() !== row.chosen_studies.join() ? { studies } : {}),
    })
  }
  return (
    <form
      ref={form}
      aria-label={t('rows.editOf', { position: row.position })}
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
    >
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
          {fields.map((field) => {
            const codes = errorsOf(row, field)
            const shown = {
              label: t(`field.${field}`),
              error: codes.length > 0 ? codes.map((code) => t(`issue.${code}`, { defaultValue: code })).join(' ') : undefined,
            }
            const change = (text: string) => setTexts({ ...texts, [field]: text })
            return field === 'sex' && codes.length > 0 ? (
              <Select key={field} {...shown} value={SEXES.find((one) => one === texts.sex) ?? null} onChange={(sex) => change(sex ?? '')} data={SEXES.map((sex) => ({ value: sex, label: wordFor('sex', sex) }))} />
            ) : (
              <TextInput key={field} {...shown} value={texts[field] ?? ''} placeholder={DATE_FIELDS.has(field) ? t('rows.dateHint') : undefined} onChange={(event) => change(event.currentTarget.value)} />
            )
          })}
        </SimpleGrid>
        <Radio.Group label={needsChoice ? t('choice.label') : t('choice.plain')} value={choice || (needsChoice ? '' : 'new')} onChange={setChoice}>
          <Stack gap={4} mt={4}>
            {row.open_cases.map((one) => (
              <Radio size="md" key={one.id} value={`link:${one.id}`} label={t(one.on_board ? 'choice.linkOnBoard' : 'choice.link', { title: one.title })} />
            ))}
            <Radio size="md" value="new" label={t('choice.new')} />
            <Radio size="md" value="skip" label={t('choice.skip')} />
          </Stack>
        </Radio.Group>
        {row.studies.length > 0 && (
          <Checkbox.Group label={t('studies.label')} value={studies} onChange={setStudies}>
            <Stack gap={4} mt={4}>
              {row.studies.map((study) => (
                <Checkbox
                  key={study.study_instance_uid}
                  value={study.study_instance_uid}
                  disabled={study.contradicts.length > 0}
                  label={[formatDate(study.study_date), study.modalities.join('/'), study.description, study.accession_number].filter(Boolean).join(' · ')}
                  description={
                    study.contradicts.length > 0
                      ? t('studies.contradicts', { fields: study.contradicts.map((one) => t(`against.${one}`)).join(', ') })
                      : t('studies.because', { reasons: study.reasons.map((one) => t(`reason.${one}`)).join(', '), pacs: study.pacs_name })
                  }
                />
              ))}
            </Stack>
          </Checkbox.Group>
        )}
        {problem !== null && problem !== undefined && <ProblemNotice problem={problem} />}
        <Group justify="flex-end" className={classes.editorEnd}>
          <Button variant="default" size="xs" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button type="submit" size="xs" loading={busy}>
            {t('rows.keep')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
