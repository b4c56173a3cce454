import { type RefObject, useEffect } from 'react'
import { useLocation } from 'react-router-dom'

/** The key of the place at which a page was loaded. */
const FIRST = 'default'

/**
 * What had the focus goes away with its screen; the keys then begin at the new one, not at the top
 * of the page. At the first screen the browser's own order holds, so that "skip" comes first.
 */
export function useScreenFocus(main: RefObject<HTMLElement | null>): void {
  const { pathname, key } = useLocation()
  useEffect(() => {
    if (key === FIRST || !isFocusLost()) return
    main.current?.focus({ preventScroll: true })
  }, [main, pathname, key])
}

const isFocusLost = (): boolean =>
  document.activeElement === null || document.activeElement === document.body
