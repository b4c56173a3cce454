import { CloseButton, Kbd, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { isTyping } from './useListKeys'

interface SearchFieldProps {
  value: string
  onChange: (value: string) => void
  label?: string
  width?: number | string
}

/** The list's search: `/` jumps into it, Escape leaves it. */
export function SearchField({ value, onChange, label, width = 280 }: SearchFieldProps) {
  const { t } = useTranslation()
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || isTyping(event.target)) return
      event.preventDefault()
      field.current?.focus()
      field.current?.select()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  const name = label ?? t('list.search')
  return (
    <TextInput
      ref={field}
      w={width}
      miw={160}
      style={{ flex: '0 1 auto' }}
      value={value}
      placeholder={name}
      aria-label={name}
      leftSection={<IconSearch size={15} aria-hidden />}
      rightSection={
        value ? (
          <CloseButton size={26} aria-label={t('action.clear')} onClick={() => onChange('')} />
        ) : (
          <Kbd size="xs" aria-hidden>
            /
          </Kbd>
        )
      }
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        // To the screen, whose list goes on by keys; not to nowhere.
        const screen = event.currentTarget.closest('main')
        if (screen) screen.focus({ preventScroll: true })
        else event.currentTarget.blur()
      }}
    />
  )
}
