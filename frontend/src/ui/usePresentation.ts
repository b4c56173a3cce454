import { useEffect } from 'react'

import { usePreferences } from './preferences'

/** Alt and P, wherever one is: whoever stands before a projector looks for no menu. */
const isKey = (event: KeyboardEvent): boolean =>
  event.altKey && !event.ctrlKey && !event.metaKey && event.code === 'KeyP'

/** Large text, large pointer and thick strokes for a room, by `data-presentation` on the page. */
export function usePresentation(): void {
  const presentation = usePreferences((state) => state.presentation)
  const setPresentation = usePreferences((state) => state.setPresentation)
  useEffect(() => {
    document.documentElement.toggleAttribute('data-presentation', presentation)
  }, [presentation])
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!isKey(event)) return
      event.preventDefault()
      setPresentation(!usePreferences.getState().presentation)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [setPresentation])
}
