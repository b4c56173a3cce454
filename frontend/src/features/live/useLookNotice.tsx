import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

import { useKeyHints } from '../viewer/bindings'
import type { LiveSession } from './liveSession'
import type { LookHere } from './lookHere'
import { CALL_LIVES_MS } from './timing'

const NOTICE = 'look-here'
const TROUBLE = 'look-here-trouble'

/** Says who calls, with one button, and one key, to go there. */
export function useLookNotice(session: LiveSession, look: LookHere): void {
  const { t } = useTranslation('presence')
  const keyOf = useKeyHints()
  const key = keyOf('goThere')
  useEffect(() => {
    const trouble = (message: string) =>
      notifications.show({ id: TROUBLE, color: 'gray', message, autoClose: 4_000 })
    const stops = [
      look.called.on((call) => {
        notifications.hide(NOTICE)
        if (call === null) return
        const { room, following } = session.state
        const isSeen = following && call.user.id === room.presenter.user?.id
        const go = () => {
          look.go()
          notifications.hide(NOTICE)
        }
        notifications.show({
          id: NOTICE,
          color: 'accent',
          autoClose: CALL_LIVES_MS,
          title: t('look.title', { name: call.user.display_name }),
          message: isSeen ? (
            t('look.isSeen')
          ) : (
            <Button size="compact-sm" mt={4} onClick={go}>
              {t('look.go', { key })}
            </Button>
          ),
        })
      }),
      look.gone.on(() => notifications.hide(NOTICE)),
      look.lost.on(() => trouble(t('look.lost'))),
      session.callRefused.on(() => trouble(t('look.tooMany'))),
    ]
    return () => {
      notifications.hide(NOTICE)
      for (const stop of stops) stop()
    }
  }, [session, look, t, key])
}
