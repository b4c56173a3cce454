import { useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { bindKey, conflictOf, nameOfKey } from './bindings'
import { keyNameOf, type Binding } from './keyboard'
import { useActionName } from './useActionName'
import classes from './panels.module.css'

const MODIFIERS = new Set(['shift', 'control', 'alt', 'meta', 'altgraph', 'capslock'])

/** Press it, then the key it shall have. A key that another action has is refused and named. */
export function KeyEditor({ binding }: { binding: Binding }) {
  const { t } = useTranslation('tools')
  const nameOf = useActionName()
  const [waiting, setWaiting] = useState(false)
  const [refused, setRefused] = useState<string | null>(null)
  const onKey = (event: KeyboardEvent) => {
    if (!waiting || MODIFIERS.has(event.key.toLowerCase())) return
    if (event.key === 'Tab') return setWaiting(false)
    event.preventDefault()
    event.stopPropagation()
    setWaiting(false)
    if (event.key === 'Escape') return
    const name = keyNameOf(event)
    const holder = conflictOf(name, binding.action)
    if (holder !== null) {
      setRefused(t('help.taken', { key: nameOfKey(name), action: nameOf(holder) }))
      return
    }
    setRefused(null)
    bindKey(binding.action, name)
  }
  return (
    <>
      <button
        type="button"
        className={classes.keyButton}
        data-action={binding.action}
        aria-label={t('help.change', { action: nameOf(binding.action) })}
        aria-pressed={waiting}
        onClick={() => setWaiting(true)}
        onKeyDown={onKey}
        onBlur={() => setWaiting(false)}
      >
        {waiting ? t('help.press') : binding.keys.map(nameOfKey).join(', ') || '–'}
      </button>
      {refused !== null && (
        <span role="alert" className={classes.keyRefused}>
          {refused}
        </span>
      )}
    </>
  )
}
