import { Button } from '@mantine/core'
import { IconHourglass, IconPresentation } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { NOBODY } from '@/protocol/gathering'

import type { LiveSession } from '../liveSession'
import { useLiveState } from '../useLiveSession'

/** For whoever may not take the token: asks the chair, shows that it is pending, takes it back. */
export function AskToPresent({ session }: { session: LiveSession }) {
  const { t } = useTranslation('people')
  const myId = useLiveState(session, (state) => state.room.you?.id ?? null)
  const { asks } = useLiveState(session, (state) => state.room.snapshot?.gathering ?? NOBODY)
  const mayLead = useLiveState(
    session,
    (state) => state.room.projection === 'identified' && !state.room.can.includes('grant_presenter'),
  )
  if (!mayLead) return null
  const pending = asks.some(({ user }) => user.id === myId)
  const ask = () =>
    void session.submit({
      type: 'op.submit',
      op_id: crypto.randomUUID(),
      kind: 'presenter.ask',
      payload: { asking: !pending },
    })
  return (
    <Button
      size="compact-sm"
      variant={pending ? 'light' : 'default'}
      aria-pressed={pending}
      title={t(pending ? 'asks.withdraw' : 'asks.hint')}
      leftSection={pending ? <IconHourglass size={15} aria-hidden /> : <IconPresentation size={15} aria-hidden />}
      onClick={ask}
    >
      {t(pending ? 'asks.pending' : 'asks.ask')}
    </Button>
  )
}
