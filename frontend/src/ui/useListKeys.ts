import { useEffect, useRef, useState } from 'react'

interface ListKeys {
  count: number
  onOpen?: (index: number) => void
  onSelect?: (index: number) => void
  /** Off while a dialog lies above the list. */
  enabled?: boolean
}

/** True while keys belong to a field, a menu or a dialog, not to the list behind it. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable ||
    ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) ||
    target.closest('[role="dialog"], [role="menu"], [role="listbox"]') !== null
  )
}

/**
 * j/k (or arrows) move, Enter opens, Home/End jump. The list need not hold the
 * focus: whoever opens a worklist should not first have to click into it.
 */
export function useListKeys({ count, onOpen, onSelect, enabled = true }: ListKeys) {
  const [chosen, setChosen] = useState(0)
  const selected = Math.max(0, Math.min(chosen, count - 1))
  const handlers = useRef({ onOpen, onSelect, selected, count })
  useEffect(() => {
    handlers.current = { onOpen, onSelect, selected, count }
  })

  useEffect(() => {
    if (!enabled) return
    const move = (to: number) => {
      const index = Math.max(0, Math.min(to, handlers.current.count - 1))
      setChosen(index)
      handlers.current.onSelect?.(index)
    }
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const { selected: at, count: size } = handlers.current
      if (size === 0) return
      if (event.key === 'j' || event.key === 'ArrowDown') move(at + 1)
      else if (event.key === 'k' || event.key === 'ArrowUp') move(at - 1)
      else if (event.key === 'Home') move(0)
      else if (event.key === 'End') move(size - 1)
      else if (event.key === 'Enter' && !isControl(event.target)) handlers.current.onOpen?.(at)
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [enabled])

  return { selected, setSelected: setChosen }
}

const isControl = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('button, a, summary') !== null
