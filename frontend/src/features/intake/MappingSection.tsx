import { Button, Group, SegmentedControl, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { IntakeList, ListChanges } from '@/api/intake'
import { Section } from '@/ui/Screen'

import classes from './Intake.module.css'
import { FIELDS, fieldsByColumn, mapColumn } from './rows'

const PREVIEWED = 4

interface MappingSectionProps {
  list: IntakeList
  busy: boolean
  onMap: (changes: ListChanges) => void
}

/** Which column is what, over the first rows; said once, and known of the next such list. */
export function MappingSection({ list, busy, onMap }: MappingSectionProps) {
  const { t } = useTranslation('intake')
  const [mapping, setMapping] = useState(list.mapping)
  const [issuer, setIssuer] = useState(list.issuer)
  const needsWord = list.undecided.length > 0 || !('patient_id' in list.mapping)
  const [isOpen, setOpen] = useState(!list.is_known || needsWord)
  const shown = fieldsByColumn(mapping)
  const isChanged = JSON.stringify(mapping) !== JSON.stringify(list.mapping) || issuer !== list.issuer
  const columns = list.headings.map((heading, column) => ({ heading, column }))
  const dates = ['birth_date', 'wanted_date'].filter((field) => list.undecided.includes(field) || field in list.date_orders)
  return (
    <Section
      title={t('columns.title')}
      padded={isOpen}
      actions={
        <>
          {list.is_known && <span className={classes.dim}>{t('columns.known')}</span>}
          <Button size="xs" variant="default" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? t('columns.hide') : t('columns.show')}
          </Button>
        </>
      }
    >
      {dates.map((field) => (
        <DateOrder key={field} list={list} field={field} busy={busy} onMap={onMap} />
      ))}
      {isOpen && (
        <>
          <div className={classes.scroll} tabIndex={0} role="region" aria-label={t('columns.region')}>
            <table className={classes.preview}>
              <thead>
                <tr>
                  {columns.map(({ heading, column }) => (
                    <th key={column} scope="col">
                      <Select
                        size="xs"
                        w={170}
                        label={heading}
                        placeholder={t('columns.unused')}
                        clearable
                        clearButtonProps={{ 'aria-label': t('columns.clear', { heading }) }}
                        value={shown[column] ?? null}
                        onChange={(field) => setMapping(mapColumn(mapping, column, field))}
                        data={FIELDS.map((field) => ({ value: field, label: t(`field.${field}`) }))}
                      />
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {list.rows.slice(0, PREVIEWED).map((row) => (
                  <tr key={row.position}>
                    {columns.map(({ column }) => (
                      <td key={column}>{row.cells[column]}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <Group align="flex-end" justify="space-between" mt="sm">
            <TextInput w={320} label={t('columns.issuer')} description={t('columns.issuerHint')} value={issuer} maxLength={64} onChange={(event) => setIssuer(event.currentTarget.value)} />
            <Button variant="default" disabled={!isChanged} loading={busy} onClick={() => onMap({ mapping, issuer })}>
              {t('columns.use')}
            </Button>
          </Group>
        </>
      )}
    </Section>
  )
}

/** 03/04/1961: one decision for the whole column, with one of its dates as the example. */
function DateOrder({ list, field, busy, onMap }: MappingSectionProps & { field: string }) {
  const { t } = useTranslation('intake')
  const column = list.mapping[field]
  const example = list.rows.map((row) => (column === undefined ? '' : (row.cells[column] ?? ''))).find((text) => /^\d{1,2}[/-]\d{1,2}[/-]\d{2,4}/.test(text))
  return (
    <div className={classes.dateOrder} role="group" aria-label={t('dates.title', { field: t(`field.${field}`) })}>
      <span>{t('dates.question', { field: t(`field.${field}`), example: example ?? '' })}</span>
      <SegmentedControl
        size="xs"
        disabled={busy}
        aria-label={t('dates.title', { field: t(`field.${field}`) })}
        value={list.date_orders[field] ?? ''}
        onChange={(order) => onMap({ date_orders: { ...list.date_orders, [field]: order as 'dmy' | 'mdy' } })}
        data={[
          { value: 'dmy', label: t('dates.dmy') },
          { value: 'mdy', label: t('dates.mdy') },
        ]}
      />
    </div>
  )
}
