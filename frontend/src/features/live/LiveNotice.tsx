import { Button } from '@mantine/core'
import { IconAlertTriangle, IconPlugConnectedX } from '@tabler/icons-react'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'

import type { LiveSession } from './liveSession'
import { useOnline } from './useOnline'
import { useLiveState } from './useLiveSession'
import classes from './live.module.css'

/** Trouble with the connection, said while it lasts. */
export const LiveNotice = memo(function LiveNotice({ session }: { session: LiveSession }) {
  const { t } = useTranslation('live')
  const status = useLiveState(session, (state) => state.status)
  const polling = useLiveState(session, (state) => state.polling)
  const online = useOnline()
  const waiting = useLiveState(session, (state) => state.ops.waiting.length)
  const paused = useLiveState(session, (state) => state.room.limits?.realtime === false)
  const refused = useLiveState(session, (state) => state.room.refused)
  if (status === 'reconnecting' || status === 'connecting') {
    return (
      <div className={classes.banner} role="status" data-testid="reconnecting">
        <IconPlugConnectedX size={16} aria-hidden />
        {t(online ? (polling ? 'notice.polling' : 'notice.reconnecting') : 'presence:notice.offline')}
        {waiting > 0 && <span>{t('notice.waiting', { count: waiting })}</span>}
      </div>
    )
  }
  if (refused > 0) {
    return (
      <div className={classes.banner} role="status">
        <IconAlertTriangle size={16} aria-hidden />
        {t('notice.refused')}
        <Button size="compact-sm" variant="default" onClick={() => window.location.reload()}>
          {t('reload')}
        </Button>
      </div>
    )
  }
  if (!paused) return null
  return (
    <div className={classes.banner} role="status">
      <IconAlertTriangle size={16} aria-hidden />
      {t('notice.paused')}
    </div>
  )
})
