import { useCallback, useEffect, useRef, type FocusEvent } from 'react'

const FOCUSED_BY_DIALOG = 'data-autofocus'

/**
 * For a form in a dialog that is typed into blindly: its first field has the focus at once, before
 * the dialog gives it. When the dialog does so a moment later, the focus stays where the person has
 * gone meanwhile: a Tab is not taken back, and no letter lands in the field before.
 *
 * The field bears `data-autofocus` and `ref`, the form `onFocus`.
 */
export function useTypedAtOnce() {
  const ref = useRef<HTMLInputElement>(null)
  useEffect(() => ref.current?.focus(), [])
  const onFocus = useCallback((event: FocusEvent<HTMLFormElement>) => {
    for (const one of event.currentTarget.querySelectorAll(`[${FOCUSED_BY_DIALOG}]`)) {
      one.removeAttribute(FOCUSED_BY_DIALOG)
    }
    event.target.setAttribute(FOCUSED_BY_DIALOG, 'true')
  }, [])
  return { ref, onFocus }
}
