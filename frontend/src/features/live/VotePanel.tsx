import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Decision, PersonRef, Stance } from '@/api/types'
import { tallyOf } from '@/features/boards/tally'
import { wordFor } from '@/ui/format'

import type { LiveActs } from './liveActs'
import { TallyView } from './TallyView'
import classes from './vote.module.css'

interface VotePanelProps {
  decision: Decision
  acts: LiveActs
  myId: string
  /** Whoever is present and has a vote. */
  voters: readonly PersonRef[]
  mayVote: boolean
  mayCall: boolean
}

/** Where everybody stands on the draft, one's own word, and the chair's call for it (LIVE-X4). */
export function VotePanel({ decision, acts, myId, voters, mayVote, mayCall }: VotePanelProps) {
  const { t } = useTranslation('reveal')
  const called = decision.votes_called_at !== null
  return (
    <section className={classes.vote} aria-label={t('vote.title')} data-testid="vote">
      <TallyView tally={tallyOf(decision, voters)} />
      {mayVote && <OwnVote key={decision.text_version} decision={decision} acts={acts} myId={myId} called={called} />}
      {mayCall && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => void acts.act({ kind: 'votes.call', entity: decision.id, payload: {} })}
        >
          {t(called ? 'vote.callAgain' : 'vote.call')}
        </Button>
      )}
    </section>
  )
}

interface OwnVoteProps {
  decision: Decision
  acts: LiveActs
  myId: string
  called: boolean
}

/** Agreeing and abstaining are one key; a dissent says why. */
function OwnVote({ decision, acts, myId, called }: OwnVoteProps) {
  const { t } = useTranslation('reveal')
  const [why, setWhy] = useState<string | null>(null)
  const mine = decision.positions.find(({ user }) => user.id === myId)
  const isOld = mine !== undefined && mine.text_version < decision.text_version
  const vote = async (stance: Stance, statement = '') => {
    const { id: entity, text_version } = decision
    const payload = { stance, statement, text_version }
    const ack = await acts.act({ kind: 'decision.vote', entity, payload })
    if (ack.outcome !== 'rejected') setWhy(null)
  }
  return (
    <div className={classes.own} data-called={called && (mine === undefined || isOld)}>
      {called && (mine === undefined || isOld) && <strong role="status">{t('vote.called')}</strong>}
      {isOld && <span className={classes.dim}>{t('vote.yoursOld')}</span>}
      {mine && !isOld && <span>{t('vote.yours', { stance: wordFor('stance', mine.stance) })}</span>}
      <div className={classes.stances}>
        <Button size="compact-sm" variant="default" onClick={() => void vote('agree')}>
          {t('vote.agree')}
        </Button>
        <Button size="compact-sm" variant="default" onClick={() => void vote('abstain')}>
          {t('vote.abstain')}
        </Button>
        <Button size="compact-sm" variant="default" aria-expanded={why !== null} onClick={() => setWhy(why ?? '')}>
          {t('vote.dissent')}
        </Button>
      </div>
      {why !== null && (
        <form
          className={classes.why}
          onSubmit={(event) => {
            event.preventDefault()
            if (why.trim()) void vote('dissent', why.trim())
          }}
        >
          <Textarea
            autosize
            minRows={2}
            data-autofocus
            label={t('vote.why')}
            placeholder={t('vote.whyPlaceholder')}
            value={why}
            onChange={(event) => setWhy(event.currentTarget.value)}
          />
          <div className={classes.stances}>
            <Button size="compact-sm" type="submit" disabled={!why.trim()}>
              {t('vote.send')}
            </Button>
            <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setWhy(null)}>
              {t('vote.cancel')}
            </Button>
          </div>
        </form>
      )}
    </div>
  )
}
