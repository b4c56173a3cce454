import { memo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { ChatMessageBody } from '@/protocol/generated'
import { PersonBadge } from '@/ui/clinical'
import { formatTime, wordFor } from '@/ui/format'
import { personColour } from '@/ui/people'

import { KeyImageList } from '../viewer/KeyImageList'
import type { KeyImageStore } from '../viewer/keyImageStore'
import { LesionList } from '../viewer/lesions/LesionList'
import type { LesionStore } from '../viewer/lesions/lesionStore'
import { MeasurementList } from '../viewer/MeasurementList'
import type { MeasurementStore } from '../viewer/measurementStore'
import type { CaseRoom } from '../viewer/useCaseRoom'
import type { Replay } from './replaySession'
import { useReplayState } from './useReplay'
import classes from './replay.module.css'

interface ReplayRightProps {
  replay: Replay
  room: CaseRoom
  store: MeasurementStore
  keyImages: KeyImageStore
  lesions: LesionStore
}

/** Who was there and what stood at that time. Nothing here can be changed. */
export const ReplayRight = memo(function ReplayRight(props: ReplayRightProps) {
  const { replay, room, store, keyImages, lesions } = props
  const { t } = useTranslation('replay')
  return (
    <div className={classes.sections}>
      <Part title={t('people')}>
        <People replay={replay} />
      </Part>
      <Part title={t('chat')}>
        <Chat replay={replay} />
      </Part>
      <Part title={t('measurements', { count: store.items.length })}>
        <MeasurementList viewer={room.viewer} store={store} myId="" lesions={lesions} />
        <LesionList
          viewer={room.viewer}
          store={store}
          lesions={lesions}
          studies={room.studies}
        />
        <KeyImageList viewer={room.viewer} store={keyImages} />
      </Part>
      <Part title={t('decisions')}>
        <Decisions replay={replay} />
      </Part>
    </div>
  )
})

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <details className={classes.part} open>
      <summary>{title}</summary>
      {children}
    </details>
  )
}

function People({ replay }: { replay: Replay }) {
  const { t } = useTranslation('replay')
  const visits = useReplayState(replay, (state) => state.recording?.visits)
  // Once a second is often enough for people.
  const second = useReplayState(replay, (state) => Math.floor(state.position_ms / 1000))
  const presenter = useReplayState(replay, (state) => state.room.presenter.user?.id ?? null)
  const here = new Map(
    (visits ?? [])
      .filter(
        ({ came_at, left_at }) =>
          Date.parse(came_at) <= (second + 1) * 1000 &&
          (left_at === null || Date.parse(left_at) > second * 1000),
      )
      .map(({ user }) => [user.id, user]),
  )
  if (here.size === 0) return <p className={classes.dim}>{t('nobody')}</p>
  return (
    <ul className={classes.list}>
      {[...here.values()].map((person) => (
        <li key={person.id} className={classes.person}>
          <PersonBadge person={person} />
          {person.id === presenter && <span className={classes.dim}>{t('presents')}</span>}
        </li>
      ))}
    </ul>
  )
}

const NO_CHAT: readonly ChatMessageBody[] = []

function Chat({ replay }: { replay: Replay }) {
  const { t } = useTranslation('replay')
  const chat = useReplayState(replay, (state) => state.room.snapshot?.chat ?? NO_CHAT)
  if (chat.length === 0) return <p className={classes.dim}>{t('noChat')}</p>
  return (
    <ul className={classes.list}>
      {chat.map(({ id, author, text, at }) => (
        <li key={id} className={classes.said}>
          <b style={{ color: personColour({ id: author.id, discipline: author.discipline }) }}>
            {author.display_name}
          </b>{' '}
          <time className={classes.dim}>{formatTime(at)}</time>
          <div>{text}</div>
        </li>
      ))}
    </ul>
  )
}

function Decisions({ replay }: { replay: Replay }) {
  const { t } = useTranslation('replay')
  const decisions = useReplayState(replay, (state) => state.room.snapshot?.decisions)
  if (!decisions?.length) return <p className={classes.dim}>{t('noDecision')}</p>
  return (
    <ul className={classes.list}>
      {decisions.map(({ id, status, version }) => (
        <li key={id}>
          {wordFor('decisionState', status)} <span className={classes.dim}>{t('version', { version })}</span>
        </li>
      ))}
    </ul>
  )
}
