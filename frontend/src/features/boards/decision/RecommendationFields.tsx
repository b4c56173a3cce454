import { ActionIcon, Autocomplete, Button, Select, Textarea, TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react'
import { type KeyboardEvent, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { emptyRecommendation, type RecommendationDraft } from '@/api/boards'
import type { PersonRef } from '@/api/types'
import { wordFor } from '@/ui/format'

import classes from '../Boards.module.css'
import { EvidenceFields } from './EvidenceFields'
import own from './decision.module.css'
import { Further } from './Further'

const INTENTS = ['curative', 'palliative', 'diagnostic', 'surveillance', 'supportive'] as const
const MODALITIES = [
  'surgery',
  'systemic',
  'radiotherapy',
  'interventional',
  'diagnostic',
  'imaging_follow_up',
  'supportive',
  'genetic',
  'trial',
  'waiting',
  'other',
] as const
const URGENCIES = ['routine', 'soon', 'urgent'] as const

interface RecommendationFieldsProps {
  entries: RecommendationDraft[]
  people: readonly PersonRef[]
  onChange: (entries: RecommendationDraft[]) => void
}

/** What shall be done, in order: Ctrl+Enter adds the next one, Alt and an arrow moves it. */
export function RecommendationFields({ entries, people, onChange }: RecommendationFieldsProps) {
  const { t } = useTranslation('boards')
  const list = useRef<HTMLFieldSetElement>(null)
  const focus = (index: number) =>
    requestAnimationFrame(() => list.current?.querySelectorAll<HTMLTextAreaElement>('textarea[data-recommendation]')[index]?.focus())
  const change = (at: number, part: Partial<RecommendationDraft>) =>
    onChange(entries.map((entry, index) => (index === at ? { ...entry, ...part } : entry)))
  const remove = (at: number) => onChange(entries.filter((_entry, index) => index !== at))
  const insert = (at: number) => {
    onChange([...entries.slice(0, at), emptyRecommendation(), ...entries.slice(at)])
    focus(at)
  }
  const move = (from: number, to: number) => {
    const entry = entries[from]
    if (!entry || to < 0 || to >= entries.length) return
    const others = entries.filter((_entry, index) => index !== from)
    onChange([...others.slice(0, to), entry, ...others.slice(to)])
    focus(to)
  }
  const onKey = (event: KeyboardEvent, at: number) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) insert(at + 1)
    else if (event.altKey && event.key === 'ArrowUp') move(at, at - 1)
    else if (event.altKey && event.key === 'ArrowDown') move(at, at + 1)
    else return
    event.preventDefault()
  }
  return (
    <fieldset className={classes.fieldset} ref={list}>
      <legend className={classes.legend}>{t('decision.recommendations')}</legend>
      <p className={classes.legendHint}>{t('decisions:keys')}</p>
      {entries.map((entry, index) => {
        const number = index + 1
        return (
          <div key={index} className={classes.recommendation}>
            <span className={classes.number}>{number}</span>
            <div>
              <Textarea
                aria-label={t('decision.recommendation', { number })}
                placeholder={t('decision.recommendationPlaceholder')}
                autosize
                minRows={1}
                data-recommendation
                value={entry.text}
                onKeyDown={(event) => onKey(event, index)}
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
                <Responsible entry={entry} people={people} onChange={(part) => change(index, part)} />
                <TextInput
                  size="xs"
                  type="date"
                  label={t('decision.due')}
                  value={entry.due ?? ''}
                  onChange={(event) => change(index, { due: event.currentTarget.value || null })}
                />
                <TextInput
                  size="xs"
                  label={t('decisions:condition')}
                  placeholder={t('decisions:conditionPlaceholder')}
                  value={entry.condition}
                  onChange={(event) => change(index, { condition: event.currentTarget.value })}
                />
              </div>
              <Further isFilled={Boolean(entry.modality || entry.urgency || entry.fallbacks.length || entry.evidence.length)} label={t('decisions:further', { number })}>
                <div className={classes.recommendationMore}>
                  <Select
                    size="xs"
                    clearable
                    label={t('decisions:kind')}
                    placeholder={t('decisions:noKind')}
                    value={entry.modality || null}
                    onChange={(modality) => change(index, { modality: modality ?? '' })}
                    data={MODALITIES.map((value) => ({ value, label: t(`decisions:modality.${value}`) }))}
                  />
                  <Select
                    size="xs"
                    clearable
                    label={t('decisions:urgency')}
                    value={entry.urgency || null}
                    onChange={(urgency) => change(index, { urgency: urgency ?? '' })}
                    data={URGENCIES.map((value) => ({ value, label: wordFor('urgency', value) }))}
                  />
                </div>
                <Fallbacks number={number} entries={entry.fallbacks} onChange={(fallbacks) => change(index, { fallbacks })} />
                <EvidenceFields number={number} entries={entry.evidence} onChange={(evidence) => change(index, { evidence })} />
              </Further>
            </div>
            <div className={own.acts}>
              <ActionIcon variant="subtle" color="gray" size={28} disabled={index === 0} aria-label={t('decisions:up', { number })} onClick={() => move(index, index - 1)}>
                <IconArrowUp size={15} aria-hidden />
              </ActionIcon>
              <ActionIcon variant="subtle" color="gray" size={28} disabled={number === entries.length} aria-label={t('decisions:down', { number })} onClick={() => move(index, index + 1)}>
                <IconArrowDown size={15} aria-hidden />
              </ActionIcon>
              <ActionIcon variant="subtle" color="gray" size={28} disabled={entries.length === 1} aria-label={t('decision.remove', { number })} onClick={() => remove(index)}>
                <IconTrash size={15} aria-hidden />
              </ActionIcon>
            </div>
          </div>
        )
      })}
      <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => insert(entries.length)}>
        {t('decision.add')}
      </Button>
    </fieldset>
  )
}

interface ResponsibleProps {
  entry: RecommendationDraft
  people: readonly PersonRef[]
  onChange: (part: Partial<RecommendationDraft>) => void
}

/** Somebody of the case by name, or whoever is written: a person outside, or a role. */
function Responsible({ entry, people, onChange }: ResponsibleProps) {
  const { t } = useTranslation('boards')
  const names = [...new Set(people.map((person) => person.display_name))]
  const known = people.find((person) => person.id === entry.responsible)
  return (
    <Autocomplete
      size="xs"
      label={t('decision.responsible')}
      placeholder={t('decision.nobody')}
      value={known?.display_name ?? entry.responsible_name}
      onChange={(name) => {
        const person = people.find((one) => one.display_name === name)
        onChange(person ? { responsible: person.id, responsible_name: '' } : { responsible: null, responsible_name: name })
      }}
      data={names}
    />
  )
}

interface FallbacksProps {
  number: number
  entries: string[]
  onChange: (entries: string[]) => void
}

/** What to do where the recommendation cannot be done, first choice first. */
function Fallbacks({ number, entries, onChange }: FallbacksProps) {
  const { t } = useTranslation('decisions')
  return (
    <div className={own.more}>
      {entries.map((entry, index) => (
        <div key={index} className={own.row}>
          <TextInput
            size="xs"
            className={own.wide}
            aria-label={t('fallback', { number, place: index + 1 })}
            placeholder={t('fallbackPlaceholder')}
            value={entry}
            onChange={(event) => {
              const { value } = event.currentTarget
              onChange(entries.map((one, at) => (at === index ? value : one)))
            }}
          />
          <ActionIcon variant="subtle" color="gray" size={28} aria-label={t('removeFallback', { number, place: index + 1 })} onClick={() => onChange(entries.filter((_one, at) => at !== index))}>
            <IconTrash size={15} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      <Button size="compact-xs" variant="subtle" mih={24} onClick={() => onChange([...entries, ''])} aria-label={`${t('addFallback')}: ${number}`}>
        {t('addFallback')}
      </Button>
    </div>
  )
}
