import { Autocomplete } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'

import { useCodes } from '@/api/clinical'

import { codeOf } from './fields'

interface CodeFieldProps {
  label: string
  system: string
  value: string
  error?: string | null
  description?: string
  required?: boolean
  onChange: (value: string) => void
}

/** A code, looked up as one types: arrow keys and Enter take one; any other code may be typed. */
export function CodeField({ label, system, value, error, description, required, onChange }: CodeFieldProps) {
  const [asked] = useDebouncedValue(value, 150)
  const found = useCodes(system, asked)
  const options = (found.data?.results ?? []).map(({ code, display, matched }) => {
    const name = display === code ? '' : display
    return [code, name, matched && `(${matched})`].filter(Boolean).join(' ')
  })
  return (
    <Autocomplete
      label={label}
      description={description}
      required={required}
      value={value}
      error={error}
      data={[...new Set(options)]}
      filter={({ options: all }) => all}
      limit={20}
      maxDropdownHeight={260}
      onChange={onChange}
      onOptionSubmit={(option) => onChange(option)}
      onBlur={() => onChange(value.includes(' ') && options.includes(value) ? value : value.trim())}
      data-code={codeOf(value)}
    />
  )
}
