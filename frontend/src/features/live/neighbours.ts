import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

import { useAgenda } from '@/api/boards'
import type { AgendaItem } from '@/api/types'
import { PRIORITY_PREFETCH } from '@/viewer/requestQueue'

import { CaseImages } from '../viewer/caseImages'
import { warmCase } from '../viewer/warming'
import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'

/** Cases whose tickets are kept while the room is open. */
const KEPT = 6
/** The case on the screen comes first: its own images are on their way for as long. */
const SETTLED_MS = 1200

/** Images of the cases of one room, so that a case that was warmed, or seen, opens at once. */
export class CaseShelf {
  private readonly cases = new Map<string, CaseImages>()

  of(caseId: string): CaseImages {
    const images = this.cases.get(caseId) ?? new CaseImages(caseId)
    this.cases.delete(caseId)
    this.cases.set(caseId, images)
    for (const oldest of this.cases.keys()) {
      if (this.cases.size <= KEPT) break
      this.cases.delete(oldest)
    }
    return images
  }
}

/** The cases one may go to next: the following one first. */
export function neighboursOf(items: readonly AgendaItem[], itemId: string | null): string[] {
  const at = items.findIndex((item) => item.id === itemId)
  return [items[at + 1], at > 0 ? items[at - 1] : undefined].flatMap((item) =>
    item ? [item.case.id] : [],
  )
}

/** Brings the first pictures of the neighbouring cases here before anybody asks for them. */
export function useWarmNeighbours(session: LiveSession, shelf: CaseShelf): void {
  const client = useQueryClient()
  const meetingId = useLiveState(session, (state) => state.room.meeting)
  const itemId = useLiveState(session, (state) => state.room.agenda_item)
  const agenda = useAgenda(meetingId)
  const wanted = neighboursOf(agenda.data ?? [], itemId).join(' ')
  useEffect(() => {
    let gone = false
    const warmAll = async () => {
      for (const caseId of wanted.split(' ').filter(Boolean)) {
        if (gone) return
        // What fails here is told when somebody opens the case.
        const priority = PRIORITY_PREFETCH
        await warmCase(client, shelf.of(caseId), caseId, { priority }).catch(() => undefined)
      }
    }
    const timer = setTimeout(() => void warmAll(), SETTLED_MS)
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [client, shelf, wanted])
}
