import { Group, Select } from '@mantine/core'
import { IconBan } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Radiomics } from '@/api/radiomics'
import { SearchField } from '@/ui/SearchField'

import { chooseRows, FAMILIES, type Family, type FeatureRow, rowsOf, shownUnit, shownValue } from './families'
import classes from './Radiomics.module.css'

/** All features by name, with IBSI's identifiers; one that has no value says why. */
export function FeatureTable({ found }: { found: Radiomics }) {
  const { t } = useTranslation('radiomics')
  const [family, setFamily] = useState<Family | 'all'>('all')
  const [search, setSearch] = useState('')
  const rows = useMemo(() => rowsOf(found), [found])
  const shown = useMemo(() => chooseRows(rows, family, search), [rows, family, search])
  return (
    <>
      <Group gap="sm">
        <Select
          size="sm"
          aria-label={t('table.family')}
          allowDeselect={false}
          w={260}
          value={family}
          data={[{ value: 'all', label: t('family.all') }, ...FAMILIES.map((one) => ({ value: one, label: t(`family.${one}`) }))]}
          onChange={(value) => value && setFamily(value as Family | 'all')}
        />
        <SearchField value={search} onChange={setSearch} label={t('table.search')} width={220} />
        <span className={classes.dim} role="status">
          {t('table.shown', { shown: shown.length, values: found.values.length, refused: found.refusals.length })}
        </span>
      </Group>
      <div className={classes.scroll} tabIndex={0} role="region" aria-label={t('table.label')}>
        <table className={`${classes.table} c-figures`}>
          <thead>
            <tr>
              <th scope="col">{t('table.feature')}</th>
              <th scope="col">{t('table.ibsi')}</th>
              <th scope="col">{t('table.aggregation')}</th>
              <th scope="col" className={classes.end}>
                {t('table.value')}
              </th>
              <th scope="col">{t('table.unit')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <FeatureLine key={row.feature.code} row={row} />
            ))}
          </tbody>
        </table>
        {shown.length === 0 && <p className={classes.dim}>{t('table.none')}</p>}
      </div>
    </>
  )
}

function FeatureLine({ row }: { row: FeatureRow }) {
  const { t } = useTranslation('radiomics')
  const { code, name, ibsi_id } = row.feature
  const head = (
    <>
      <th scope="row">
        {name}
        <div className={classes.code}>{code}</div>
      </th>
      <td>{ibsi_id}</td>
    </>
  )
  if (row.kind === 'refusal') {
    return (
      <tr data-feature={code}>
        {head}
        <td colSpan={3} className={classes.refused}>
          <IconBan size={13} aria-hidden /> {t('table.noValue')} {row.feature.reason}
        </td>
      </tr>
    )
  }
  const { aggregation_id, value, unit } = row.feature
  return (
    <tr data-feature={code}>
      {head}
      <td>{aggregation_id === '' ? '–' : t(`aggregation.${aggregation_id}`, { defaultValue: aggregation_id })}</td>
      <td className={classes.end} title={String(value)}>
        {shownValue(value)}
      </td>
      <td>{shownUnit(unit)}</td>
    </tr>
  )
}
