import { Button, Loader } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import type { LobbyState } from '@/protocol/generated'

import classes from '../live.module.css'

/** At the door: who has to let one in, and how long until one's own case. Nothing of any case. */
export function Lobby({ door }: { door: LobbyState }) {
  const { t } = useTranslation('people')
  return (
    <div className={classes.waiting} data-testid="lobby" data-state={door.state}>
      <Loader size="sm" type="dots" aria-hidden />
      <h1>{t(`lobby.${door.state}`)}</h1>
      <p role="status">
        {door.minutes !== null && door.cases_before !== null && (
          <>
            {t('lobby.minutes', { count: door.minutes })}
            {door.cases_before > 0 && ` · ${t('lobby.before', { count: door.cases_before })}`}
          </>
        )}
      </p>
      <span>{t('lobby.stay')}</span>
      <div className={classes.buttons}>
        <Button component={Link} to="/" variant="default">
          {t('live:home')}
        </Button>
      </div>
    </div>
  )
}
