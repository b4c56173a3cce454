import { Button } from '@mantine/core'
import { IconDoorEnter } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { useAnswerGuest } from '@/api/attendance'
import { PersonBadge } from '@/ui/clinical'
import { ProblemNotice } from '@/ui/ProblemNotice'

import type { LiveSession } from '../liveSession'
import { useLiveState } from '../useLiveSession'
import classes from './people.module.css'

/** Guests at the door, for those who may let them in. */
export function WaitingGuests({ session }: { session: LiveSession }) {
  const { t } = useTranslation('people')
  const waiting = useLiveState(session, (state) => state.room.waiting)
  const answer = useAnswerGuest(session.id)
  if (waiting.length === 0) return null
  return (
    <section className={classes.asks} aria-label={t('lobby.list')} data-testid="waiting">
      <h3>
        <IconDoorEnter size={15} aria-hidden />
        {t('lobby.list')}
      </h3>
      {answer.error && <ProblemNotice problem={answer.error} />}
      {waiting.map(({ user }) => (
        <div key={user.id} className={classes.ask}>
          <PersonBadge person={user} />
          <span className={classes.answers}>
            <Button
              size="compact-sm"
              aria-label={t('lobby.admitName', { name: user.display_name })}
              onClick={() => answer.mutate({ user: user.id, answer: 'admitted' })}
            >
              {t('lobby.admit')}
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t('lobby.refuseName', { name: user.display_name })}
              onClick={() => answer.mutate({ user: user.id, answer: 'refused' })}
            >
              {t('lobby.refuse')}
            </Button>
          </span>
        </div>
      ))}
    </section>
  )
}
