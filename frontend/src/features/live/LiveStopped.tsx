import { Button } from '@mantine/core'
import { IconDoorExit } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import type { EndReason } from './people/whyStopped'
import classes from './live.module.css'

/** The end of the session for this window, said plainly, with the way on. */
export function LiveStopped({ reason }: { reason: EndReason }) {
  const { t } = useTranslation('live')
  const reload = reason === 'replaced' || reason === 'upgrade' || reason === 'signed_out'
  const words = reason === 'expired' || reason === 'not_admitted' ? 'people:' : ''
  return (
    <div className={classes.waiting} role="alert">
      <IconDoorExit size={28} aria-hidden />
      <h1>{t(`${words}stopped.${reason}`)}</h1>
      <span>{t(`${words}stoppedNow.${reason}`)}</span>
      <div className={classes.buttons}>
        {reload && <Button onClick={() => window.location.reload()}>{t('reload')}</Button>}
        <Button component={Link} to="/" variant={reload ? 'default' : 'filled'}>
          {t('home')}
        </Button>
      </div>
    </div>
  )
}
