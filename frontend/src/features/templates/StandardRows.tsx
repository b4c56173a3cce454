import { ActionIcon, Button, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { keyFor, type TemplateStandard } from './draft'
import classes from './Templates.module.css'

interface StandardRowsProps {
  standards: readonly TemplateStandard[]
  mayEdit: boolean
  onChange: (standards: TemplateStandard[]) => void
}

/** The standards that were agreed on, each with the document that says so. */
export function StandardRows({ standards, mayEdit, onChange }: StandardRowsProps) {
  const { t } = useTranslation('templates')
  const change = (index: number, part: Partial<TemplateStandard>) => onChange(standards.map((one, at) => (at === index ? { ...one, ...part } : one)))
  const named = (column: string, index: number) => t('of', { where: column, position: index + 1 })
  return (
    <>
      <div className={`${classes.foot} ${classes.dim}`}>{t('standardsHint')}</div>
      <ol className={classes.rows}>
        {standards.map((one, index) => (
          <li key={one.key} className={`${classes.row} ${classes.standard}`}>
            <TextInput aria-label={named(t('standardName'), index)} placeholder={t('standardName')} required maxLength={120} value={one.name} disabled={!mayEdit} onChange={(event) => change(index, { name: event.currentTarget.value })} />
            <TextInput aria-label={named(t('reference'), index)} placeholder={t('reference')} required maxLength={300} value={one.reference} disabled={!mayEdit} onChange={(event) => change(index, { reference: event.currentTarget.value })} />
            {mayEdit && (
              <ActionIcon variant="subtle" color="gray" aria-label={t('remove', { name: one.name })} onClick={() => onChange(standards.filter((_, at) => at !== index))}>
                <IconTrash size={15} aria-hidden />
              </ActionIcon>
            )}
          </li>
        ))}
      </ol>
      {mayEdit && (
        <div className={classes.foot}>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => onChange([...standards, { key: keyFor('standard', standards.map((one) => one.key)), name: '', reference: '' }])}
          >
            {t('addStandard')}
          </Button>
        </div>
      )}
    </>
  )
}
