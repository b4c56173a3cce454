import { ActionIcon, Button, NumberInput, Select, TextInput } from '@mantine/core'
import { IconChevronDown, IconChevronUp, IconPlus, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { keyFor, modalitiesFrom, moved, type TemplateItem } from './draft'
import classes from './Templates.module.css'

const NEEDS = ['required', 'expected', 'optional'] as const

interface ItemRowsProps {
  items: readonly TemplateItem[]
  /** Keys of the items that are stored: records of cases name them, so they stay. */
  kept: ReadonlySet<string>
  sources: readonly string[]
  mayEdit: boolean
  onChange: (items: TemplateItem[]) => void
}

/** The items of a template, one a row; fields are named by their column and their row. */
export function ItemRows({ items, kept, sources, mayEdit, onChange }: ItemRowsProps) {
  const { t } = useTranslation('templates')
  const name = (column: string, item: TemplateItem) => t('of', { where: column, position: item.label || item.key })
  const change = (index: number, part: Partial<TemplateItem>) => onChange(items.map((item, at) => (at === index ? { ...item, ...part } : item)))
  const add = () => onChange([...items, { key: keyFor('item', items.map((item) => item.key)), label: '', need: 'required', source: 'recorded', modalities: [], max_age_days: null }])
  /** A new item's key follows its name until it is saved; those that are kept keep theirs. */
  const rename = (index: number, item: TemplateItem, label: string) => {
    const taken = items.filter((_, at) => at !== index).map((one) => one.key)
    change(index, kept.has(item.key) ? { label } : { label, key: keyFor(label, [...taken, ...kept]) })
  }
  return (
    <>
      <ol className={classes.rows}>
        {items.map((item, index) => (
          <li key={index} className={classes.row}>
            <TextInput aria-label={name(t('label'), item)} placeholder={t('label')} required maxLength={120} value={item.label} disabled={!mayEdit} onChange={(event) => rename(index, item, event.currentTarget.value)} />
            <Select
              aria-label={name(t('need'), item)}
              data={NEEDS.map((value) => ({ value, label: t(`needs.${value}`) }))}
              value={item.need ?? 'required'}
              allowDeselect={false}
              disabled={!mayEdit}
              onChange={(need) => change(index, { need: (need ?? 'required') as TemplateItem['need'] })}
            />
            <Select
              aria-label={name(t('source'), item)}
              data={sources.map((value) => ({ value, label: t(`sources.${value}`, { defaultValue: value, keySeparator: false }) }))}
              value={item.source ?? 'recorded'}
              allowDeselect={false}
              disabled={!mayEdit}
              onChange={(source) => change(index, { source: source ?? 'recorded', modalities: source === 'images' ? (item.modalities ?? []) : [] })}
            />
            <TextInput
              key={`${item.key}:${item.source ?? ''}`}
              aria-label={name(t('modalities'), item)}
              placeholder={t('modalities')}
              defaultValue={(item.modalities ?? []).join(', ')}
              disabled={!mayEdit || item.source !== 'images'}
              onBlur={(event) => change(index, { modalities: modalitiesFrom(event.currentTarget.value) })}
            />
            <NumberInput
              aria-label={name(t('maxAge'), item)}
              placeholder={t('maxAge')}
              min={1}
              max={3650}
              value={item.max_age_days ?? ''}
              disabled={!mayEdit}
              onChange={(days) => change(index, { max_age_days: typeof days === 'number' ? days : null })}
            />
            {mayEdit && (
              <span className={classes.acts}>
                <ActionIcon variant="subtle" color="gray" disabled={index === 0} aria-label={t('up', { name: item.label })} onClick={() => onChange(moved(items, index, -1))}>
                  <IconChevronUp size={16} aria-hidden />
                </ActionIcon>
                <ActionIcon variant="subtle" color="gray" disabled={index === items.length - 1} aria-label={t('down', { name: item.label })} onClick={() => onChange(moved(items, index, 1))}>
                  <IconChevronDown size={16} aria-hidden />
                </ActionIcon>
                <ActionIcon variant="subtle" color="gray" aria-label={t('remove', { name: item.label })} onClick={() => onChange(items.filter((_, at) => at !== index))}>
                  <IconTrash size={15} aria-hidden />
                </ActionIcon>
              </span>
            )}
          </li>
        ))}
      </ol>
      {mayEdit && (
        <div className={classes.foot}>
          <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={add}>
            {t('addItem')}
          </Button>
        </div>
      )}
    </>
  )
}
