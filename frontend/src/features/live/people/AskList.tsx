import { Button } from '@mantine/core'
import { IconHandStop, IconPresentation } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { NOBODY } from '@/protocol/gathering'
import type { OpSubmit } from '@/protocol/generated'
import { PersonBadge } from '@/ui/clinical'

import type { LiveSession } from '../liveSession'
import { useLiveState } from '../useLiveSession'
import { handsUp } from './hands'
import classes from './people.module.css'

/** Who asks to present, and raised hands in their order. */
export function AskList({ session }: { session: LiveSession }) {
  const { t } = useTranslation('people')
  const { asks } = useLiveState(session, (state) => state.room.snapshot?.gathering ?? NOBODY)
  const up = useLiveState(session, (state) => handsUp(state.room.presence))
  const people = useLiveState(session, (state) => state.room.people)
  const mayGrant = useLiveState(session, (state) => state.room.can.includes('grant_presenter'))
  const hands = up.split(' ').filter(Boolean)
  if (asks.length + hands.length === 0) return null
  return (
    <>
      {asks.length > 0 && (
        <section className={classes.asks} aria-label={t('asks.title')} data-testid="asks">
          <h3>
            <IconPresentation size={15} aria-hidden />
            {t('asks.title')}
          </h3>
          {asks.map(({ user }) => (
            <div key={user.id} className={classes.ask}>
              <PersonBadge person={user} role={t('asks.asks')} />
              {mayGrant && <Answers session={session} user={user} />}
            </div>
          ))}
        </section>
      )}
      {hands.length > 0 && (
        <section className={classes.asks} aria-label={t('hands.title')}>
          <h3>
            <IconHandStop size={15} aria-hidden />
            {t('hands.title')}
          </h3>
          <ol className={classes.hands}>
            {hands.map((user) => (
              <li key={user}>
                {people.find((one) => one.user.id === user)?.user.display_name ?? t('hands.somebody')}
              </li>
            ))}
          </ol>
        </section>
      )}
    </>
  )
}

interface AnswersProps {
  session: LiveSession
  user: { id: string; display_name: string }
}

function Answers({ session, user }: AnswersProps) {
  const { t } = useTranslation('people')
  const { id, display_name: name } = user
  const submit = (op: Pick<OpSubmit, 'kind' | 'payload'>) =>
    void session.submit({ type: 'op.submit', op_id: crypto.randomUUID(), ...op } as OpSubmit)
  return (
    <span className={classes.answers}>
      <Button
        size="compact-sm"
        aria-label={t('asks.grantName', { name })}
        onClick={() => submit({ kind: 'presenter.grant', payload: { user: id } })}
      >
        {t('asks.grant')}
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        aria-label={t('asks.notNowName', { name })}
        onClick={() => submit({ kind: 'presenter.decline', payload: { user: id } })}
      >
        {t('asks.notNow')}
      </Button>
    </span>
  )
}
