import { IconAntennaBars2, IconAntennaBars5, IconPlayerPause, IconWifiOff } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { latencyOf, qualityOf } from './latency'
import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'
import { useOnline } from './useOnline'
import classes from './presence.module.css'

/** How this window is connected: quietly while all is well, in words when it is not. */
export function ConnectionState({ session }: { session: LiveSession }) {
  const { t } = useTranslation('presence')
  const online = useOnline()
  const status = useLiveState(session, (state) => state.status)
  const paused = useLiveState(session, (state) => state.room.limits?.realtime === false)
  const waiting = useLiveState(session, (state) => state.ops.waiting.length)
  const latency = useLiveState(session, (state) => {
    const found = latencyOf(state.round_trips)
    return found === null ? null : Math.round(found)
  })
  if (status === 'stopped') return null
  if (!online || status !== 'open') {
    return (
      <span className={classes.state} data-alone="true" data-testid="connection" data-state={online ? 'away' : 'offline'}>
        <IconWifiOff size={15} aria-hidden />
        {t(online ? 'connection.reconnecting' : 'connection.offline')}
        {waiting > 0 && ` · ${t('connection.waiting', { count: waiting })}`}
      </span>
    )
  }
  if (paused) {
    return (
      <span className={classes.state} data-alone="true" data-testid="connection" data-state="paused">
        <IconPlayerPause size={15} aria-hidden /> {t('connection.paused')}
      </span>
    )
  }
  if (latency === null) return null
  const quality = qualityOf(latency)
  const Bars = quality === 'good' ? IconAntennaBars5 : IconAntennaBars2
  return (
    <span
      className={classes.state}
      data-alone={quality !== 'good'}
      data-testid="connection"
      data-state={quality}
      title={t('connection.title')}
    >
      <Bars size={15} aria-hidden />
      <span className={quality === 'good' ? 'c-visually-hidden' : undefined}>
        {t(`connection.${quality}`)}{' '}
      </span>
      <span className={classes.number}>{t('connection.ms', { ms: latency })}</span>
    </span>
  )
}
