import { SegmentedControl } from '@mantine/core'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useAgenda } from '@/api/boards'
import { AgendaPanel } from '@/features/boards/AgendaPanel'

import { StudyBrowser } from '../viewer/StudyBrowser'
import type { CaseRoom } from '../viewer/useCaseRoom'
import type { LiveActs } from './liveActs'
import type { LiveSession } from './liveSession'
import { goToItem } from './useAgendaStep'
import { useLiveState } from './useLiveSession'

/** The agenda, and the images of the case. */
export const LiveLeft = memo(function LiveLeft({ session, acts, room }: { session: LiveSession; acts: LiveActs; room: CaseRoom }) {
  const { t } = useTranslation('live')
  const meetingId = useLiveState(session, (state) => state.room.meeting)
  const itemId = useLiveState(session, (state) => state.room.agenda_item)
  const mayGo = useLiveState(session, (state) => state.room.can.includes('goto'))
  const agenda = useAgenda(meetingId)
  const [panel, setPanel] = useState('agenda')
  const browser = (
    <StudyBrowser
      viewer={room.viewer}
      pixels={room.pixels}
      studies={room.studies}
      registrations={room.registrations}
    />
  )
  // A guest is shown their case, and no agenda of the board's.
  if (meetingId === null || agenda.isError || agenda.data?.length === 0) return browser
  return (
    <>
      <SegmentedControl
        fullWidth
        size="xs"
        value={panel}
        onChange={setPanel}
        data={[
          { value: 'agenda', label: t('panel.agenda') },
          { value: 'images', label: t('panel.images') },
        ]}
      />
      {panel === 'agenda' ? (
        <AgendaPanel
          items={agenda.data ?? []}
          currentItemId={itemId}
          onOpen={mayGo ? (item) => goToItem(acts, item.id) : undefined}
          dense
        />
      ) : (
        browser
      )}
    </>
  )
})
