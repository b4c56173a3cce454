import { useEffect } from 'react'

import { isTyping } from '@/ui/useListKeys'

import { actionOf } from '../viewer/bindings'
import { keyNameOf } from '../viewer/keyboard'
import type { PointerSync } from './pointerSync'

/** The presenter's pointer is a laser while its key is held down. */
export function useLaserKey(pointer: PointerSync): void {
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      if (event.repeat || event.altKey || isTyping(event.target)) return
      if (actionOf(keyNameOf(event)) === 'laser') pointer.setLaser(true)
    }
    // Whichever of its keys is let go first: a laser must never be left on.
    const end = (): void => pointer.setLaser(false)
    window.addEventListener('keydown', down)
    window.addEventListener('keyup', end)
    window.addEventListener('blur', end)
    return () => {
      end()
      window.removeEventListener('keydown', down)
      window.removeEventListener('keyup', end)
      window.removeEventListener('blur', end)
    }
  }, [pointer])
}
