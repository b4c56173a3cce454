import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'

import { LiveSession, type LiveState } from './liveSession'

/** The live session of this page: joined while the page is there. */
export function useLiveSession(sessionId: string): LiveSession {
  const [session] = useState(() => new LiveSession(sessionId))
  useEffect(() => {
    session.start()
    return () => session.stop()
  }, [session])
  return session
}

export function useLiveState<Selected>(
  session: LiveSession,
  select: (state: LiveState) => Selected,
): Selected {
  const subscribe = useCallback((notify: () => void) => session.changed.on(notify), [session])
  return useSyncExternalStore(subscribe, () => select(session.state))
}
