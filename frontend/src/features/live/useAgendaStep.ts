import { notifications } from '@mantine/notifications'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'

import { useAgenda } from '@/api/boards'

import type { LiveActs } from './liveActs'
import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'

/** Takes the room to a case of the agenda. */
export function goToItem(acts: LiveActs, itemId: string): void {
  void acts.act({ kind: 'agenda.goto', payload: { agenda_item: itemId } })
}

/** To the next case of the agenda, for whoever may go there. */
export function useAgendaStep(session: LiveSession, acts: LiveActs): (by: 1 | -1) => void {
  const { t } = useTranslation('access')
  const meetingId = useLiveState(session, (state) => state.room.meeting)
  const itemId = useLiveState(session, (state) => state.room.agenda_item)
  const mayGo = useLiveState(session, (state) => state.room.can.includes('goto'))
  const agenda = useAgenda(meetingId)
  return useCallback(
    (by) => {
      if (!mayGo) return notifications.show({ message: t('cases.notAllowed') })
      const ordered = [...(agenda.data ?? [])].sort((a, b) => a.position - b.position)
      const next = ordered[ordered.findIndex((item) => item.id === itemId) + by]
      if (next === undefined) return notifications.show({ message: t(`cases.end.${by}`) })
      goToItem(acts, next.id)
    },
    [acts, agenda.data, itemId, mayGo, t],
  )
}
