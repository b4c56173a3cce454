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
    case 'segmentation':
      return ['drawn']
    case 'job':
      return ['jobs', 'findings']
    case 'study':
    case 'import':
      return ['case']
    case 'decision':
    case 'votes':
      return ['decisions', 'case']
    case 'tour':
      return ['tours']
    case 'attendance':
    case 'quorum':
      return ['attendance', 'boards']
    case 'agenda':
      return ['meeting', 'case']
    case 'clock':
      return ['meeting']
    case 'ai':
      return ['findings', 'jobs', 'case', 'cases', 'meeting']
    case 'case':
      return ['case', 'cases']
    default:
      return []
  }
}

/** Several things change at once when the room moves on, and its first picture comes first. */
const REFRESH_AFTER_MS = 300

/** Reads again by REST what the room says has changed. */
export function useLiveRefresh(session: LiveSession): void {
  const client = useQueryClient()
  useEffect(() => {
    const stale = new Set<unknown>()
    let timer: ReturnType<typeof setTimeout> | undefined
    const readAgain = () => {
      timer = undefined
      const firsts = new Set(stale)
      stale.clear()
      void client.invalidateQueries({ predicate: ({ queryKey }) => firsts.has(queryKey[0]) })
    }
    const stop = session.happened.on((event) => {
      for (const first of staleAfter(event)) stale.add(first)
      if (stale.size > 0) timer ??= setTimeout(readAgain, REFRESH_AFTER_MS)
    })
    return () => {
      stop()
      if (timer === undefined) return
      clearTimeout(timer)
      readAgain()
    }
  }, [session, client])
}
