import { Button, TextInput } from '@mantine/core'
import { IconBuildingHospital } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useCreateInstitution, useInstitutions } from '@/api/admin'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Admin.module.css'

export function InstitutionsTab() {
  const { t } = useTranslation('admin')
  const institutions = useInstitutions()
  const create = useCreateInstitution()
  const [name, setName] = useState('')
  return (
    <Section title={t('tabs.institutions')} count={institutions.data?.length}>
      <form
        className={classes.bar}
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim()) create.mutate(name.trim(), { onSuccess: () => setName('') })
        }}
      >
        <TextInput w={320} aria-label={t('institutions.new')} placeholder={t('institutions.new')} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Button type="submit" disabled={!name.trim()} loading={create.isPending}>
          {t('institutions.add')}
        </Button>
      </form>
      {(create.error ?? institutions.error) && <ProblemNotice problem={create.error ?? institutions.error} />}
      {!institutions.data && !institutions.error && <LoadingRows label={t('common:list.loading')} rows={2} />}
      {institutions.data?.length === 0 && <EmptyState icon={IconBuildingHospital} title={t('institutions.none')} hint={t('institutions.noneHint')} />}
      <ul className={classes.rows}>
        {institutions.data?.map((institution) => (
          <li key={institution.id} className={classes.row}>
            <span className={classes.name}>{institution.name}</span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
