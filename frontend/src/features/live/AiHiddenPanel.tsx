import { Button } from '@mantine/core'
import { IconEye } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { AiHiddenNote } from '@/features/ai/AiHiddenNote'
import { isPresenting } from '@/protocol/room'

import type { LiveActs } from './liveActs'
import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'

/** Read first: the act that reveals, for whoever presents or chairs (LIVE-X2). */
export function AiHiddenPanel({ session, acts }: { session: LiveSession; acts: LiveActs }) {
  const { t } = useTranslation('reveal')
  const item = useLiveState(session, (state) => state.room.agenda_item)
  const may = useLiveState(
    session,
    ({ room }) => isPresenting(room) || room.role === 'chair',
  )
  const name = useLiveState(session, (state) => state.room.presenter.user?.display_name ?? null)
  const [busy, setBusy] = useState(false)
  if (item === null) return <AiHiddenNote />
  if (!may) return <AiHiddenNote><p>{name ? t('waitFor', { name }) : t('waitForChair')}</p></AiHiddenNote>
  const reveal = async () => {
    setBusy(true)
    const ack = await acts.act({ kind: 'ai.reveal', payload: { agenda_item: item } })
    if (ack.outcome === 'rejected') setBusy(false)
  }
  return (
    <AiHiddenNote>
      <Button fullWidth loading={busy} leftSection={<IconEye size={16} />} onClick={() => void reveal()}>
        {t('reveal')}
      </Button>
      <p>{t('revealNote')}</p>
    </AiHiddenNote>
  )
}
