import { IconSignature, IconThumbDown, IconThumbUp, IconUserOff, IconUsersGroup } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Decision, Stance } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { PersonBadge } from '@/ui/clinical'
import { formatDate, formatDateTime, wordFor } from '@/ui/format'

import classes from '../Boards.module.css'
import { DecisionView } from './DecisionView'

const STANCE_ICONS: Record<Stance, typeof IconThumbUp> = { agree: IconThumbUp, dissent: IconThumbDown, abstain: IconUserOff }

/** A decision as it was recorded: recommendations, how it was reached, who dissented. */
export function DecisionRecord({ decision }: { decision: Decision }) {
  const { t } = useTranslation('boards')
  const signed = decision.status === 'signed'
  return (
    <article className={classes.record}>
      <div className={classes.recordHead}>
        <Chip tone={signed ? 'ok' : 'warning'} icon={<IconSignature size={13} aria-hidden />}>
          {wordFor('decisionState', decision.status)}
        </Chip>
        <Chip icon={<IconUsersGroup size={13} aria-hidden />} tone={decision.consensus === 'consensus' ? 'neutral' : 'warning'}>
          {wordFor('consensus', decision.consensus)}
        </Chip>
        <span className={classes.dim}>
          {[
            decision.meeting?.board.name,
            signed && decision.signed_by
              ? t('decision.signed', { who: decision.signed_by.display_name, when: formatDateTime(decision.signed_at) })
              : decision.drafted_by && t('decision.draftedBy', { who: decision.drafted_by.display_name }),
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </div>
      <ol className={classes.recommendations}>
        {[...decision.recommendations]
          .sort((a, b) => a.position - b.position)
          .map((entry) => (
            <li key={entry.id}>
              {entry.text}
              <div className={classes.dim}>
                {[
                  entry.intent && wordFor('intent', entry.intent),
                  entry.responsible?.display_name,
                  entry.due && `${t('decision.due')} ${formatDate(entry.due)}`,
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </div>
            </li>
          ))}
      </ol>
      {decision.conditions && (
        <div>
          <div className={classes.dim}>{t('decision.conditions')}</div>
          {decision.conditions}
        </div>
      )}
      <DecisionView decision={decision} />
      {decision.positions.length > 0 && (
        <ul className={classes.positions} aria-label={t('decision.positions')}>
          {decision.positions.map((position) => {
            const Icon = STANCE_ICONS[position.stance]
            return (
              <li key={position.id}>
                <div className={classes.positionHead}>
                  <PersonBadge person={position.user} />
                  <Chip tone={position.stance === 'dissent' ? 'warning' : 'neutral'} icon={<Icon size={13} aria-hidden />}>
                    {wordFor('stance', position.stance)}
                  </Chip>
                </div>
                {position.statement && <p className={classes.quote}>{position.statement}</p>}
              </li>
            )
          })}
        </ul>
      )}
    </article>
  )
}
