import { useEffect, useRef } from 'react'

import { isTyping } from '@/ui/useListKeys'
import { isMeasuring } from '@/viewer/tools'
import type { Viewer } from '@/viewer/viewer'

import { actionOf } from './bindings'
import { keyNameOf, perform, type RoomActions } from './keyboard'

const isButton = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('button, a, summary, [role="tab"]') !== null

const SWITCHES = new Set(['checkbox', 'radio', 'button'])

/** A switch that was just clicked keeps the focus, but nobody types into it. */
const isSwitch = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement && SWITCHES.has(target.type)

/** With a measuring tool in hand, Enter and the arrows set its points. */
function drawsByKey({ activeView, tool, drawing }: Viewer, name: string): boolean {
  return activeView !== null && isMeasuring(tool) && drawing.key(name, activeView, tool)
}

/** Keys of the image area; they stay away while somebody types or works in a dialog. */
export function useViewerKeys(viewer: Viewer, room: RoomActions): void {
  const latest = useRef(room)
  useEffect(() => {
    latest.current = room
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.altKey) return
      // A dialog that has just opened has no focus yet; its first letters are not for the viewer.
      if (document.querySelector('[aria-modal="true"]') !== null) return
      if (isTyping(event.target) && !isSwitch(event.target)) return
      const name = keyNameOf(event)
      // Enter and Space press the button that has the focus.
      if ((name === 'enter' || name === ' ') && (isButton(event.target) || isSwitch(event.target)))
        return
      if (drawsByKey(viewer, name)) return event.preventDefault()
      const action = actionOf(name)
      if (action === null) return
      event.preventDefault()
      perform(action, viewer, latest.current)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [viewer])
}
