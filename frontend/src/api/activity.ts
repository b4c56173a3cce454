const QUIET_AFTER_MS = 30_000
let lastInputAt = Date.now()

for (const kind of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart']) {
  window.addEventListener(kind, () => (lastInputAt = Date.now()), { passive: true, capture: true })
}

/**
 * Whether nobody has touched this page for a while. What it reads then is
 * polling, and must not keep a session alive that its person has left.
 */
export const isUnattended = (): boolean => Date.now() - lastInputAt > QUIET_AFTER_MS
