import { useCallback, useSyncExternalStore } from 'react'

import { BINDINGS, type Action, type Binding } from './keyboard'

/** Keys that a person has chosen, by action; kept in this browser. */
type Chosen = Readonly<Partial<Record<Action, readonly string[]>>>

const STORED_AS = 'consilium.keys'
const isAction = (name: string): name is Action => BINDINGS.some(({ action }) => action === name)
const isKey = (key: unknown): key is string => typeof key === 'string' && key.length > 0

/** What is stored may be of another version, or anything: only what is understood counts. */
export function readChosen(text: string | null): Chosen {
  try {
    const stored: unknown = JSON.parse(text ?? '{}')
    if (typeof stored !== 'object' || stored === null) return {}
    return Object.fromEntries(
      Object.entries(stored).filter(
        ([name, keys]) => isAction(name) && Array.isArray(keys) && keys.every(isKey),
      ),
    )
  } catch {
    return {}
  }
}

/** The defaults with a person's own keys in their place. A key belongs to one action: the chosen. */
export function bindingsWith(chosen: Chosen): readonly Binding[] {
  const taken = new Set(Object.values(chosen).flat())
  return BINDINGS.map((binding) => ({
    ...binding,
    keys: chosen[binding.action] ?? binding.keys.filter((key) => !taken.has(key)),
  }))
}

let chosen: Chosen = readChosen(globalThis.localStorage?.getItem(STORED_AS) ?? null)
let current = bindingsWith(chosen)
const listeners = new Set<() => void>()

function choose(next: Chosen): void {
  chosen = next
  current = bindingsWith(chosen)
  try {
    localStorage.setItem(STORED_AS, JSON.stringify(chosen))
  } catch {
    // Without storage they hold until the page is left.
  }
  for (const listener of listeners) listener()
}

export const actionOf = (name: string): Action | null =>
  current.find((binding) => binding.keys.includes(name))?.action ?? null

/** The other action that a key belongs to already; null where it is free. */
export function conflictOf(name: string, action: Action): Action | null {
  const holder = actionOf(name)
  return holder === action ? null : holder
}

export const bindKey = (action: Action, name: string): void =>
  choose({ ...chosen, [action]: [name] })

export const resetBindings = (): void => choose({})

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useBindings = (): readonly Binding[] =>
  useSyncExternalStore(subscribe, () => current)

const SIGNS: Readonly<Record<string, string>> = {
  ' ': 'Space',
  arrowdown: '↓',
  arrowleft: '←',
  arrowright: '→',
  arrowup: '↑',
  pagedown: 'Page ↓',
  pageup: 'Page ↑',
}

/** A key as people read it: `shift+a` is Shift+A. */
export const nameOfKey = (key: string): string =>
  key
    .split(/\+(?=.)/)
    .map((part) => SIGNS[part] ?? part.charAt(0).toUpperCase() + part.slice(1))
    .join('+')

/** The first key of an action, for a tooltip. */
export function useKeyHints(): (action: Action) => string {
  const bindings = useBindings()
  return useCallback(
    (action) => nameOfKey(bindings.find((one) => one.action === action)?.keys[0] ?? ''),
    [bindings],
  )
}
