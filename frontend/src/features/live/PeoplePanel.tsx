import { ActionIcon, Menu } from '@mantine/core'
import { IconDots, IconEyeCheck, IconHandStop, IconPresentation } from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'

import type { Person, PersonPresence } from '@/protocol/generated'
import { PersonBadge } from '@/ui/clinical'
import { wordFor } from '@/ui/format'

import type { CaseRoom } from '../viewer/useCaseRoom'
import type { LiveSession } from './liveSession'
import { PersonPlace } from './PersonPlace'
import { AskList } from './people/AskList'
import { PlaceRow } from './people/PlaceRow'
import { WaitingGuests } from './people/WaitingGuests'
import { useLiveState } from './useLiveSession'
import classes from './live.module.css'

interface PeoplePanelProps {
  session: LiveSession
  room: Pick<CaseRoom, 'viewer' | 'studies'>
}

/** Who is here, who presents, who follows, who wants to speak. */
export function PeoplePanel({ session, room }: PeoplePanelProps) {
  const { t } = useTranslation('live')
  const people = useLiveState(session, (state) => state.room.people)
  const doing = useLiveState(session, (state) => doingOf(state.room.presence))
  const presence = JSON.parse(doing) as Record<string, Doing>
  const presenter = useLiveState(session, (state) => state.room.presenter.user?.id ?? null)
  const mayGrant = useLiveState(session, (state) => state.room.can.includes('grant_presenter'))
  return (
    <>
      <WaitingGuests session={session} />
      <AskList session={session} />
    <ul className={classes.people}>
      {people.map((person) => {
        const { id, display_name, discipline } = person.user
        const state = id === null ? undefined : presence[id]
        if (person.place) {
          return (
            <li key={id}>
              <PlaceRow session={session} id={id} name={display_name} />
            </li>
          )
        }
        return (
          <li key={id} data-away={state?.activity === 'away'}>
            <PersonBadge
              person={{ id: id ?? '', display_name, discipline }}
              role={partWords(t, person, presenter === id)}
            />
            <span className={classes.grow} />
            {state?.hand_raised && (
              <IconHandStop size={16} className={classes.hand} aria-label={t('handRaised')} />
            )}
            {presenter === id && (
              <IconPresentation
                size={16}
                className={classes.accent}
                aria-label={t('isPresenting')}
              />
            )}
            {presenter !== id && person.following && (
              <IconEyeCheck size={16} className={classes.dim} aria-label={t('isFollowing')} />
            )}
            {mayGrant && presenter !== id && <Grant session={session} person={person} />}
            <PersonPlace session={session} room={room} person={person} />
          </li>
        )
      })}
    </ul>
    </>
  )
}

type Doing = Pick<PersonPresence, 'activity' | 'hand_raised'>

/** Without the pointers, which move thirty times a second and are not shown here. */
const doingOf = (presence: Readonly<Record<string, PersonPresence>>): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.values(presence).map(({ user, activity, hand_raised }) => [user, { activity, hand_raised }]),
    ),
  )

const partWords = (t: TFunction, { part, user }: Person, presents: boolean): string =>
  [t(`people:part.${presents ? 'presenter' : part}`), wordFor('discipline', user.discipline)].join(' · ')

function Grant({ session, person }: { session: LiveSession; person: Person }) {
  const { t } = useTranslation('live')
  const give = () => {
    void session.submit({
      type: 'op.submit',
      op_id: crypto.randomUUID(),
      kind: 'presenter.grant',
      payload: { user: person.user.id },
    })
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={t('personMenu', { name: person.user.display_name })}
        >
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPresentation size={15} />} onClick={give}>
          {t('give')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
