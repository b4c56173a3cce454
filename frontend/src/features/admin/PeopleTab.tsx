import { Button } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconUserOff, IconUserPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { usePeople, usePeopleActions } from '@/api/admin'
import type { Person } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { PersonBadge } from '@/ui/clinical'
import { type Column, DataTable } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'
import { SearchField } from '@/ui/SearchField'

import classes from './Admin.module.css'
import { AddPersonDialog } from './AddPersonDialog'

const SEARCH_DELAY_MS = 250

export function PeopleTab() {
  const { t } = useTranslation('admin')
  const [search, setSearch] = useState('')
  const [debounced] = useDebouncedValue(search, SEARCH_DELAY_MS)
  const people = usePeople(debounced)
  const { setActive } = usePeopleActions()
  const [isAdding, setAdding] = useState(false)
  const columns: Column<Person>[] = [
    { id: 'name', header: t('people.column.name'), render: (person) => <PersonBadge person={person} /> },
    { id: 'email', header: t('people.column.email'), render: (person) => <span className={classes.dim}>{person.email}</span> },
    { id: 'institution', header: t('people.column.institution'), from: 'medium', render: (person) => person.institution?.name ?? '–' },
    {
      id: 'roles',
      header: t('people.column.roles'),
      render: (person) => (
        <span className={classes.roles}>
          {person.system_roles?.map((role) => (
            <Chip key={role}>{wordFor('systemRole', role)}</Chip>
          ))}
          {person.is_trainee && <Chip>{t('people.trainee')}</Chip>}
        </span>
      ),
    },
    {
      id: 'state',
      header: t('people.column.state'),
      align: 'end',
      render: (person) => {
        const isActive = person.is_active ?? true
        return (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={isActive ? t('people.deactivate', { name: person.display_name }) : t('people.activate', { name: person.display_name })}
            onClick={(event) => {
              event.stopPropagation()
              setActive.mutate({ id: person.id, is_active: !isActive })
            }}
          >
            {isActive ? t('people.close') : t('people.open')}
          </Button>
        )
      },
    },
  ]
  return (
    <Section title={t('tabs.people')} count={people.data?.length}>
      <div className={classes.bar}>
        <SearchField value={search} onChange={setSearch} label={t('people.search')} />
        <Button className={classes.end} leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
          {t('people.new')}
        </Button>
      </div>
      {setActive.error && <ProblemNotice problem={setActive.error} />}
      <DataTable
        label={t('people.accounts')}
        columns={columns}
        rows={people.data}
        rowKey={(person) => person.id}
        problem={people.error}
        onRetry={() => void people.refetch()}
        keysEnabled={!isAdding}
        empty={<EmptyState icon={IconUserOff} title={t('people.none')} hint={t('people.noneHint')} />}
      />
      {isAdding && <AddPersonDialog onClose={() => setAdding(false)} />}
    </Section>
  )
}
