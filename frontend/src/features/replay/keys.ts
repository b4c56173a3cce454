import { isTyping } from '@/ui/useListKeys'

import { keyNameOf } from '../viewer/keyboard'
import type { Replay } from './replaySession'

const STEP_MS = 5_000

const PRESSED: Readonly<Record<string, (replay: Replay) => void>> = {
  ' ': (replay) => replay.play(!replay.state.playing),
  arrowright: (replay) => replay.seek(replay.state.position_ms + STEP_MS),
  arrowleft: (replay) => replay.seek(replay.state.position_ms - STEP_MS),
  'shift+arrowright': (replay) => replay.stepMark(1),
  'shift+arrowleft': (replay) => replay.stepMark(-1),
  '>': (replay) => replay.changeSpeed(1),
  '<': (replay) => replay.changeSpeed(-1),
}

const OWN_SPACE = 'button, a, summary, [role="tab"]'

/** Keys of the player come before those of the pictures, which keep all the others. */
export function listenToPlayerKeys(replay: Replay): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.altKey || document.querySelector('[aria-modal="true"]') !== null) return
    if (isTyping(event.target)) return
    const name = keyNameOf(event)
    const act = PRESSED[name]
    if (act === undefined) return
    // Space presses the button that has the focus.
    if (name === ' ' && event.target instanceof HTMLElement && event.target.closest(OWN_SPACE)) return
    event.preventDefault()
    act(replay)
  }
  window.addEventListener('keydown', onKey, { capture: true })
  return () => window.removeEventListener('keydown', onKey, { capture: true })
}
