import { IconCloudOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { useConnection } from './connection'
import classes from './Shell.module.css'

/** Always on screen, on every route: what this software is not, and whether it is connected. */
export function StatusStrip({ children }: { children?: ReactNode }) {
  const { t } = useTranslation()
  const connection = useConnection()
  const connected = connection === 'connected'
  return (
    <>
      <footer className={classes.strip}>
        <span>{t('app.researchUse')}</span>
        {children}
        <span className={classes.end}>
          <span className={`${classes.dot} ${connected ? '' : classes.dotOff}`} aria-hidden />
          {connected ? t('status.connected') : t('status.notConnected')}
        </span>
      </footer>
      <div role="status" aria-live="polite">
        {!connected && (
          <div className={classes.offline}>
            <IconCloudOff size={17} aria-hidden />
            {connection === 'browser_offline' ? t('offline.browser') : t('offline.server')}
          </div>
        )}
      </div>
    </>
  )
}
