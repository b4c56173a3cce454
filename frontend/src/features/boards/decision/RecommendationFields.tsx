import { ActionIcon, Button, Select, Textarea, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { RecommendationDraft } from '@/api/boards'
import type { PersonRef } from '@/api/types'
import { wordFor } from '@/ui/format'

import classes from '../Boards.module.css'

const INTENTS = ['curative', 'palliative', 'diagnostic', 'surveillance', 'supportive'] as const

interface RecommendationFieldsProps {
  entries: RecommendationDraft[]
  people: readonly PersonRef[]
  onChange: (entries: RecommendationDraft[]) => void
}

export function RecommendationFields({ entries, people, onChange }: RecommendationFieldsProps) {
  const { t } = useTranslation('boards')
  const change = (at: number, part: Partial<RecommendationDraft>) =>
    onChange(entries.map((entry, index) => (index === at ? { ...entry, ...part } : entry)))
  const remove = (at: number) => onChange(entries.filter((_entry, index) => index !== at))
  const add = () => onChange([...entries, { text: '', intent: '', responsible: null, due: null }])
  return (
    <fieldset className={classes.fieldset}>
      <legend className={classes.legend}>{t('decision.recommendations')}</legend>
      {entries.map((entry, index) => {
        const number = index + 1
        return (
          <div key={index} className={classes.recommendation}>
            <span className={classes.number}>{number}</span>
            <div>
              <Textarea
                aria-label={t('decision.recommendation', { number })}
                placeholder={t('decision.recommendationPlaceholder')}
                minRows={1}
                value={entry.text}
                onChange={(event) => change(index, { text: event.currentTarget.value })}
              />
              <div className={classes.recommendationMore}>
                <Select
                  size="xs"
                  clearable
                  label={t('decision.intent')}
                  placeholder={t('decision.noIntent')}
                  value={entry.intent || null}
                  onChange={(intent) => change(index, { intent: intent ?? '' })}
                  data={INTENTS.map((value) => ({ value, label: wordFor('intent', value) }))}
                />
                <Select
                  size="xs"
                  clearable
                  searchable
                  label={t('decision.responsible')}
                  placeholder={t('decision.nobody')}
                  value={entry.responsible}
                  onChange={(responsible) => change(index, { responsible })}
                  data={people.map((person) => ({ value: person.id, label: person.display_name }))}
                />
                <TextInput
                  size="xs"
                  type="date"
                  label={t('decision.due')}
                  value={entry.due ?? ''}
                  onChange={(event) => change(index, { due: event.currentTarget.value || null })}
                />
              </div>
            </div>
            <ActionIcon variant="subtle" color="gray" size={28} mt={4} disabled={entries.length === 1} aria-label={t('decision.remove', { number })} onClick={() => remove(index)}>
              <IconTrash size={15} aria-hidden />
            </ActionIcon>
          </div>
        )
      })}
      <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden />} onClick={add}>
        {t('decision.add')}
      </Button>
    </fieldset>
  )
}
