import { IconSignature, IconThumbDown, IconThumbUp, IconUserOff, IconUsersGroup } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Decision, PersonRef, Recommendation, Stance } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { PersonBadge } from '@/ui/clinical'
import { formatDate, formatDateTime, wordFor } from '@/ui/format'

import classes from '../Boards.module.css'
import { AfterSignature } from './AfterSignature'
import own from './decision.module.css'
import { DecisionView } from './DecisionView'
import { isWebLink } from './links'
import { ProvisionalMark } from './ProvisionalMark'

const STANCE_ICONS: Record<Stance, typeof IconThumbUp> = { agree: IconThumbUp, dissent: IconThumbDown, abstain: IconUserOff }

interface DecisionRecordProps {
  decision: Decision
  can?: readonly string[]
  people?: readonly PersonRef[]
  /** The meeting that could confirm it. */
  meetingId?: string | null
}

/** A decision as it was recorded: recommendations, how it was reached, who dissented. */
export function DecisionRecord({ decision, can = [], people = [], meetingId = null }: DecisionRecordProps) {
  const { t } = useTranslation('boards')
  const signed = decision.status === 'signed'
  return (
    <article className={classes.record}>
      <div className={classes.recordHead}>
        <Chip tone={signed ? 'ok' : 'warning'} icon={<IconSignature size={13} aria-hidden />}>
          {wordFor('decisionState', decision.status)}
        </Chip>
        <ProvisionalMark decision={decision} />
        <Chip icon={<IconUsersGroup size={13} aria-hidden />} tone={decision.consensus === 'consensus' ? 'neutral' : 'warning'}>
          {wordFor('consensus', decision.consensus)}
        </Chip>
        <span className={classes.dim}>
          {[
            decision.meeting?.board.name,
            signed && decision.signed_by
              ? t('decision.signed', { who: decision.signed_by.display_name, when: formatDateTime(decision.signed_at) })
              : decision.drafted_by && t('decision.draftedBy', { who: decision.drafted_by.display_name }),
            decision.previous && t('decisions:follows', { when: formatDate(decision.previous.signed_at) }),
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </div>
      {decision.patient_view_text && <Said what={t('decisions:patientView')} words={decision.patient_view_text} />}
      <ol className={classes.recommendations}>
        {[...decision.recommendations]
          .sort((a, b) => a.position - b.position)
          .map((entry) => (
            <RecommendationLine key={entry.id} entry={entry} />
          ))}
      </ol>
      {decision.conditions && <Said what={t('decision.conditions')} words={decision.conditions} />}
      <Considered decision={decision} />
      {decision.summary && <Said what={t('decision.summary')} words={decision.summary} />}
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
      <Notes decision={decision} />
      <AfterSignature decision={decision} can={can} people={people} meetingId={meetingId} />
    </article>
  )
}

function Said({ what, words }: { what: string; words: string }) {
  return (
    <div>
      <div className={classes.dim}>{what}</div>
      <div className={own.keep}>{words}</div>
    </div>
  )
}

function RecommendationLine({ entry }: { entry: Recommendation }) {
  const { t } = useTranslation('boards')
  return (
    <li>
      {entry.condition && <strong>{t('decisions:onlyIf', { condition: entry.condition })} </strong>}
      <span className={own.keep}>{entry.text}</span>
      <div className={classes.dim}>
        {[
          entry.intent && wordFor('intent', entry.intent),
          entry.modality && t(`decisions:modality.${entry.modality}`),
          entry.urgency && wordFor('urgency', entry.urgency),
          entry.responsible?.display_name || entry.responsible_name,
          entry.due && `${t('decision.due')} ${formatDate(entry.due)}`,
        ]
          .filter(Boolean)
          .join(' · ')}
      </div>
      {entry.fallbacks.length > 0 && (
        <ol className={own.nested} aria-label={t('decisions:fallbacks')}>
          {entry.fallbacks.map((words, index) => (
            <li key={index}>{t('decisions:otherwise', { words })}</li>
          ))}
        </ol>
      )}
      {entry.evidence.length > 0 && (
        <ul className={own.nested} aria-label={t('decisions:evidence.list')}>
          {entry.evidence.map(({ title, version, grade, url }, index) => (
            <li key={index}>
              {url && isWebLink(url) ? (
                <a href={url} target="_blank" rel="noopener noreferrer">
                  {title}
                </a>
              ) : (
                title
              )}
              {[version, grade].filter(Boolean).map((part) => ` · ${part}`)}
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}

/** What else was thought of, said only where somebody recorded it. */
function Considered({ decision }: { decision: Decision }) {
  const { t } = useTranslation('decisions')
  return (
    <>
      {decision.alternatives.length > 0 && (
        <div>
          <div className={classes.dim}>{t('alternatives')}</div>
          <ul className={own.nested}>
            {decision.alternatives.map(({ text, why_not }, index) => (
              <li key={index} className={own.keep}>
                {why_not ? t('alternativeBecause', { text, why: why_not }) : text}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className={classes.dim}>
        {t('trialLine', { word: decision.trial_considered ? t(`considered.${decision.trial_considered}`) : t('notRecorded') })}
        {decision.trial_id && ` (${decision.trial_id})`}
        {' · '}
        {t('patientViewLine', { word: decision.patient_view ? t(`considered.${decision.patient_view}`) : t('notRecorded') })}
      </div>
    </>
  )
}

/** Addenda, and who told the patient: each by whom and when. */
function Notes({ decision }: { decision: Decision }) {
  const { t } = useTranslation('decisions')
  if (decision.notes.length === 0) {
    return decision.status === 'signed' ? <div className={classes.dim}>{t('told.nobody')}</div> : null
  }
  return (
    <ul className={classes.positions} aria-label={t('notes')}>
      {decision.notes.map((note) => (
        <li key={note.id}>
          <div className={classes.dim}>
            {t(`note.${note.kind}`, { who: note.author?.display_name || note.author_name, when: formatDateTime(note.happened_at) })}
            {note.how && ` · ${t(`told.${note.how}`)}`}
          </div>
          {note.text && <div className={own.keep}>{note.text}</div>}
          {note.reason && <div className={classes.dim}>{t('because', { reason: note.reason })}</div>}
        </li>
      ))}
    </ul>
  )
}
