import { ActionIcon, Button, Select, Textarea, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { AlternativeDraft, DecisionDraft } from '@/api/boards'

import classes from '../Boards.module.css'
import own from './decision.module.css'
import { Further } from './Further'

interface WordsFieldsProps {
  draft: DecisionDraft
  onChange: (part: Partial<DecisionDraft>) => void
}

/** What matters to this patient: asked before what could be done. */
export function PatientViewFields({ draft, onChange }: WordsFieldsProps) {
  const { t } = useTranslation('decisions')
  return (
    <fieldset className={classes.fieldset}>
      <legend className={classes.legend}>{t('patientView')}</legend>
      <div className={own.row}>
        <Textarea
          className={own.wide}
          autosize
          minRows={1}
          aria-label={t('patientView')}
          placeholder={t('patientViewPlaceholder')}
          value={draft.patient_view_text}
          onChange={(event) => onChange({ patient_view_text: event.currentTarget.value })}
        />
        <Select
          size="xs"
          className={own.narrow}
          clearable
          aria-label={t('patientViewKnown')}
          placeholder={t('patientViewKnown')}
          value={draft.patient_view || null}
          onChange={(patient_view) => onChange({ patient_view: patient_view ?? '' })}
          data={(['yes', 'no', 'unknown'] as const).map((value) => ({ value, label: t(`considered.${value}`) }))}
        />
      </div>
    </fieldset>
  )
}

/** What else was thought of, and whether a trial was. */
export function ConsideredFields({ draft, onChange }: WordsFieldsProps) {
  const { t } = useTranslation('decisions')
  const { alternatives } = draft
  const change = (at: number, part: Partial<AlternativeDraft>) =>
    onChange({ alternatives: alternatives.map((one, index) => (index === at ? { ...one, ...part } : one)) })
  return (
    <fieldset className={classes.fieldset} aria-label={t('furtherConsidered')}>
      <Further isFilled={alternatives.length > 0 || draft.trial_considered !== ''} label={t('furtherConsidered')}>
        {alternatives.map((entry, index) => (
          <div key={index} className={own.row}>
            <TextInput
              size="xs"
              className={own.wide}
              aria-label={t('alternative', { number: index + 1 })}
              placeholder={t('alternativePlaceholder')}
              value={entry.text}
              onChange={(event) => change(index, { text: event.currentTarget.value })}
            />
            <TextInput
              size="xs"
              className={own.wide}
              aria-label={t('whyNot', { number: index + 1 })}
              placeholder={t('whyNotPlaceholder')}
              value={entry.why_not}
              onChange={(event) => change(index, { why_not: event.currentTarget.value })}
            />
            <ActionIcon variant="subtle" color="gray" size={28} aria-label={t('removeAlternative', { number: index + 1 })} onClick={() => onChange({ alternatives: alternatives.filter((_one, at) => at !== index) })}>
              <IconTrash size={15} aria-hidden />
            </ActionIcon>
          </div>
        ))}
        <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => onChange({ alternatives: [...alternatives, { text: '', why_not: '' }] })}>
          {t('addAlternative')}
        </Button>
        <div className={own.row}>
          <Select
            size="xs"
            clearable
            label={t('trial')}
            placeholder={t('notRecorded')}
            value={draft.trial_considered || null}
            onChange={(trial) => onChange({ trial_considered: trial ?? '', ...(trial === 'yes' ? {} : { trial_id: '' }) })}
            data={(['yes', 'no', 'not_applicable'] as const).map((value) => ({ value, label: t(`considered.${value}`) }))}
          />
          {draft.trial_considered === 'yes' && (
            <TextInput
              size="xs"
              label={t('trialId')}
              placeholder={t('trialIdExample')}
              value={draft.trial_id}
              onChange={(event) => onChange({ trial_id: event.currentTarget.value })}
            />
          )}
        </div>
      </Further>
    </fieldset>
  )
}
