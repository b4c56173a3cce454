import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'

/** What holds AI results by REST, by the first part of its query key. */
const HOLD_RESULTS = new Set<unknown>(['findings', 'jobs'])

/**
 * Whether the images are to be read first. Then nothing AI found is on this screen: the server
 * gives none of it, and what was fetched before is let go (LIVE-X1, X3).
 */
export function useReadFirst(session: LiveSession): boolean {
  const { t } = useTranslation('reveal')
  const client = useQueryClient()
  const hidden = useLiveState(session, (state) => state.room.ai_hidden)
  const joined = useLiveState(session, (state) => state.room.joined)
  const before = useRef<boolean | null>(null)
  useEffect(() => {
    if (!joined || before.current === hidden) return
    const isTurn = before.current !== null || hidden
    before.current = hidden
    if (!isTurn) return
    void client.resetQueries({ predicate: ({ queryKey }) => HOLD_RESULTS.has(queryKey[0]) })
    void client.invalidateQueries({ queryKey: ['case'] })
  }, [client, hidden, joined])
  useEffect(
    () =>
      session.happened.on((event) => {
        if (event.kind !== 'ai.revealed') return
        notifications.show({ message: t('revealedBy', { name: event.actor.display_name }) })
      }),
    [session, t],
  )
  return hidden
}
