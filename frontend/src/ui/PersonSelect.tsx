import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { usePeople } from '@/api/admin'

import { wordFor } from './format'

interface PersonSelectProps {
  label: string
  value: string | null
  onChange: (userId: string | null) => void
  error?: React.ReactNode
  /** Ids of people who are no choice here. */
  without?: ReadonlySet<string>
}

const SEARCH_DELAY_MS = 200

/** Finds a colleague by name on the server: a hospital is too long for a list. */
export function PersonSelect({ label, value, onChange, error, without }: PersonSelectProps) {
  const { t } = useTranslation()
  const [search, setSearch] = useState('')
  const [debounced] = useDebouncedValue(search, SEARCH_DELAY_MS)
  const people = usePeople(debounced)
  return (
    <Select
      label={label}
      placeholder={t('people.search')}
      searchable
      clearable
      nothingFoundMessage={t('people.none')}
      value={value}
      onChange={onChange}
      searchValue={search}
      onSearchChange={setSearch}
      filter={({ options }) => options}
      error={error}
      data={(people.data ?? []).filter((person) => !without?.has(person.id)).map((person) => ({
        value: person.id,
        label: `${person.display_name} · ${wordFor('discipline', person.discipline)}`,
      }))}
    />
  )
}
