import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

import type { LogEvent } from '@/protocol/generated'

import type { LiveSession } from './liveSession'

/** What is read by REST and has changed with an event, by the first part of its query key. */
function staleAfter(event: LogEvent): string[] {
  if (event.kind === 'withheld') return []
  const [subject] = event.kind.split('.')
  switch (subject) {
    case 'findings':
    case 'finding':
      return ['findings', 'jobs']
    case 'job':
      return ['jobs', 'findings']
    case 'study':
    case 'import':
      return ['case']
    case 'decision':
      return ['decisions', 'case']
    case 'agenda':
      return ['meeting', 'case']
    case 'case':
      return ['case', 'cases']
    default:
      return []
  }
}

/** Reads again by REST what the room says has changed. */
export function useLiveRefresh(session: LiveSession): void {
  const client = useQueryClient()
  useEffect(
    () =>
      session.happened.on((event) => {
        for (const first of staleAfter(event)) {
          void client.invalidateQueries({ predicate: (query) => query.queryKey[0] === first })
        }
      }),
    [session, client],
  )
}
