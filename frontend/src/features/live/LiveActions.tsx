import { Button } from '@mantine/core'
import {
  IconArrowBackUp,
  IconHandStop,
  IconLock,
  IconLockOpen,
  IconPresentation,
  IconPresentationOff,
} from '@tabler/icons-react'
import { useCallback, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'

import { isPresenting } from '@/protocol/room'

import type { LiveSession } from './liveSession'
import { LookButton } from './LookButton'
import type { StageSync } from './stageSync'
import { AskToPresent } from './people/AskToPresent'
import type { Sync } from './sync'
import { useLiveState } from './useLiveSession'

/** Presenting, following and asking to speak, beside who presents. */
export function LiveActions({ session, sync }: { session: LiveSession; sync: Sync }) {
  const { t } = useTranslation('live')
  const presenting = useLiveState(session, (state) => isPresenting(state.room))
  const following = useLiveState(session, (state) => state.following)
  const hasPresenter = useLiveState(session, (state) => state.room.presenter.user !== null)
  const mayTake = useLiveState(session, (state) => state.room.can.includes('grant_presenter'))
  const mayRelease = useLiveState(session, (state) => state.room.role !== 'chair')
  if (presenting) return <Presenting session={session} sync={sync} mayRelease={mayRelease} />
  return (
    <>
      <LookButton session={session} look={sync.look} />
      {!following && hasPresenter && (
        <Button
          size="compact-sm"
          leftSection={<IconArrowBackUp size={15} />}
          onClick={() => sync.stage.returnToPresenter()}
        >
          {t('return')}
        </Button>
      )}
      <RaiseHand sync={sync} />
      <AskToPresent session={session} />
      {mayTake && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPresentation size={15} />}
          onClick={() => session.requestPresenter()}
        >
          {t('present')}
        </Button>
      )}
    </>
  )
}

interface PresentingProps {
  session: LiveSession
  sync: Sync
  mayRelease: boolean
}

function Presenting({ session, sync, mayRelease }: PresentingProps) {
  const { t } = useTranslation('live')
  const held = useHeld(sync.stage)
  return (
    <>
      <LookButton session={session} look={sync.look} />
      <Button
        size="compact-sm"
        variant={held ? 'light' : 'default'}
        aria-pressed={held}
        leftSection={held ? <IconLock size={15} /> : <IconLockOpen size={15} />}
        onClick={() => sync.stage.setHeld(!held)}
      >
        {t(held ? 'held' : 'hold')}
      </Button>
      {mayRelease && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPresentationOff size={15} />}
          onClick={() => session.releasePresenter()}
        >
          {t('release')}
        </Button>
      )}
    </>
  )
}

function useHeld(stage: StageSync): boolean {
  const subscribe = useCallback((notify: () => void) => stage.heldChanged.on(notify), [stage])
  return useSyncExternalStore(subscribe, () => stage.held)
}

function RaiseHand({ sync }: { sync: Sync }) {
  const { t } = useTranslation('live')
  const [raised, setRaised] = useState(false)
  return (
    <Button
      size="compact-sm"
      variant={raised ? 'light' : 'default'}
      aria-pressed={raised}
      leftSection={<IconHandStop size={15} />}
      onClick={() => {
        sync.pointer.raiseHand(!raised)
        setRaised(!raised)
      }}
    >
      {t(raised ? 'lowerHand' : 'raiseHand')}
    </Button>
  )
}
