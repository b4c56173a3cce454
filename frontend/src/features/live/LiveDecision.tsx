import { useTranslation } from 'react-i18next'

import { useBoardMembers, useDecisions, useMeeting } from '@/api/boards'
import { useCase } from '@/api/cases'
import type { Decision, PersonRef } from '@/api/types'
import { ChangesSince } from '@/features/boards/decision/ChangesSince'
import { DecisionPanelConnected } from '@/features/boards/decision/DecisionPanelConnected'
import { DecisionRecord } from '@/features/boards/decision/DecisionRecord'
import { SigningDrawer } from '@/features/boards/decision/SigningNotice'

import type { LiveActs } from './liveActs'
import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'
import { VotePanel } from './VotePanel'
import classes from './live.module.css'

interface LiveDecisionProps {
  session: LiveSession
  acts: LiveActs
  caseId: string
}

/** The board's recommendation: REST is its door, the room hears of it through the log. */
export function LiveDecision({ session, acts, caseId }: LiveDecisionProps) {
  const meetingId = useLiveState(session, (state) => state.room.meeting)
  const mayDraft = useLiveState(session, (state) => state.room.can.includes('draft_decision'))
  const decisions = useDecisions(caseId)
  const patientCase = useCase(caseId)
  const present = usePresent(session)
  const all = decisions.data ?? []
  const mine = all.find((decision) => (decision.meeting?.id ?? null) === meetingId)
  const can = patientCase.data?.can ?? []
  if (decisions.data === undefined) return null
  const isOpen = mine?.status !== 'signed'
  const before = all.find((decision) => decision !== mine && decision.status === 'signed')
  return (
    <>
      {before && can.includes('view_identified') && <ChangesSince caseId={caseId} />}
      {before?.is_provisional && <DecisionRecord decision={before} can={can} people={present} meetingId={meetingId} />}
      {mayDraft && isOpen ? (
        <DecisionPanelConnected
          key={mine?.id ?? 'new'}
          caseId={caseId}
          decision={mine ?? null}
          meetingId={meetingId}
          people={withNamed(present, mine?.positions.map((position) => position.user) ?? [])}
          maySign={can.includes('sign_decision')}
        />
      ) : mine ? (
        <DecisionRecord decision={mine} can={can} people={present} meetingId={meetingId} />
      ) : (
        <NoDecision />
      )}
      {mine && isOpen && mine.recommendations.length > 0 && (
        <Votes session={session} acts={acts} decision={mine} can={can} present={present} />
      )}
      {can.includes('sign_decision') && <SigningDrawer />}
    </>
  )
}

interface VotesProps {
  session: LiveSession
  acts: LiveActs
  decision: Decision
  can: readonly string[]
  present: readonly PersonRef[]
}

const VOTING_ROLES = new Set(['chair', 'core'])

/** Of those present, the board's core members are waited for; in an ad hoc room nobody is. */
function Votes({ session, acts, decision, can, present }: VotesProps) {
  const myId = useLiveState(session, (state) => state.room.you?.id ?? '')
  const meetingId = useLiveState(session, (state) => state.room.meeting)
  const boardId = useMeeting(meetingId).data?.board.id ?? null
  const members = useBoardMembers(boardId)
  const core = new Set(
    (members.data ?? []).filter(({ role }) => VOTING_ROLES.has(role)).map(({ user }) => user.id),
  )
  return (
    <VotePanel
      decision={decision}
      acts={acts}
      myId={myId}
      voters={present.filter(({ id }) => core.has(id))}
      mayVote={can.includes('state_position')}
      mayCall={can.includes('sign_decision')}
    />
  )
}

function usePresent(session: LiveSession): PersonRef[] {
  const people = useLiveState(session, (state) => state.room.people)
  return people.flatMap(({ user, place }): PersonRef[] =>
    place ? [] : [{ ...user, id: user.id }],
  )
}

/** Everybody present, and whoever is named already though not present. */
function withNamed(present: readonly PersonRef[], named: readonly PersonRef[]): PersonRef[] {
  const known = new Set(present.map((person) => person.id))
  return [...present, ...named.filter((person) => !known.has(person.id))]
}

function NoDecision() {
  const { t } = useTranslation('live')
  return <p className={classes.dim}>{t('noDecision')}</p>
}
