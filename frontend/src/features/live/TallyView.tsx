import { useTranslation } from 'react-i18next'

import type { PersonRef } from '@/api/types'
import type { Tally } from '@/features/boards/tally'

import classes from './vote.module.css'

const names = (people: readonly PersonRef[]): string =>
  people.map((person) => person.display_name).join(', ')

/** Counts with names; dissent comes with its reason. Changes are announced as counts. */
export function TallyView({ tally }: { tally: Tally }) {
  const { t } = useTranslation('reveal')
  const { agree, dissent, abstain, old, waiting } = tally
  return (
    <>
      <ul className={classes.tally} aria-label={t('vote.tally')}>
        <Line kind="agree" people={agree} />
        <li data-kind="dissent" data-none={dissent.length === 0}>
          <b>{t('vote.count.dissent', { count: dissent.length })}</b>
          {dissent.map(({ person, statement }) => (
            <span key={person.id} className={classes.reason}>
              {person.display_name}: {statement}
            </span>
          ))}
        </li>
        <Line kind="abstain" people={abstain} />
        {old.length > 0 && <Line kind="old" people={old} />}
        {waiting.length > 0 && <Line kind="waiting" people={waiting} />}
      </ul>
      <span className="c-visually-hidden" role="status">
        {t('vote.announce', {
          agree: agree.length,
          dissent: dissent.length,
          abstain: abstain.length,
        })}
      </span>
    </>
  )
}

function Line({ kind, people }: { kind: 'agree' | 'abstain' | 'old' | 'waiting'; people: readonly PersonRef[] }) {
  const { t } = useTranslation('reveal')
  return (
    <li data-kind={kind} data-none={people.length === 0}>
      <b>{t(`vote.count.${kind}`, { count: people.length })}</b>
      <span className={classes.dim}>{names(people)}</span>
    </li>
  )
}
