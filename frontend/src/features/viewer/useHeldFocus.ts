import { type RefObject, useCallback, useEffect, useRef } from 'react'

import type { Viewer } from '@/viewer/viewer'

import { useViewerState } from './useViewerState'

const DIALOG_CLOSES_MS = 300

const isNowhere = (): boolean => {
  const { activeElement } = document
  // A screen's own <main> is where keys begin before there is a picture.
  return activeElement === null || activeElement === document.body || activeElement.tagName === 'MAIN'
}

/**
 * The focus is always somewhere that is seen: on the active viewport, unless something else has it.
 * What had it may go away (a row that is removed, a bar that closes); then the viewport has it again.
 */
export function useHeldFocus(viewer: Viewer): RefObject<HTMLDivElement | null> {
  const images = useRef<HTMLDivElement>(null)
  const active = useViewerState(viewer, (v) => v.active)
  const shape = useViewerState(viewer, (v) => `${v.layout.rows} ${v.layout.columns} ${v.maximised}`)
  const hold = useCallback(() => {
    const own = images.current
    const isOnViewport =
      own?.contains(document.activeElement) && document.activeElement?.matches('[data-viewport]')
    if (!isNowhere() && !isOnViewport) return
    if (document.querySelector('[aria-modal="true"]') !== null) return
    own?.querySelector<HTMLElement>(`[data-viewport="${viewer.active}"]`)?.focus({ preventScroll: true })
  }, [viewer])
  useEffect(hold, [hold, active, shape])
  useEffect(() => {
    let timer = 0
    const later = (): void => {
      requestAnimationFrame(hold)
      // A dialog takes its time to close, and what it gives the focus back to may be gone.
      clearTimeout(timer)
      timer = window.setTimeout(hold, DIALOG_CLOSES_MS)
    }
    window.addEventListener('keyup', later)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('keyup', later)
    }
  }, [hold])
  return images
}
