import { ActionIcon, SegmentedControl, Select, Textarea } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { PositionDraft } from '@/api/boards'
import type { PersonRef, Stance } from '@/api/types'
import { PersonBadge } from '@/ui/clinical'
import { wordFor } from '@/ui/format'

import classes from '../Boards.module.css'

const STANCES: Stance[] = ['agree', 'dissent', 'abstain']

interface PositionFieldsProps {
  entries: PositionDraft[]
  people: readonly PersonRef[]
  onChange: (entries: PositionDraft[]) => void
}

/** Somebody who has left the board since the position was recorded. */
const unknownPerson = (id: string): PersonRef => ({ id, display_name: '–', discipline: 'other' })

/** Who agreed, dissented or abstained, by name; a dissent is written down in words. */
export function PositionFields({ entries, people, onChange }: PositionFieldsProps) {
  const { t } = useTranslation('boards')
  const change = (user: string, part: Partial<PositionDraft>) =>
    onChange(entries.map((entry) => (entry.user === user ? { ...entry, ...part } : entry)))
  const remove = (user: string) => onChange(entries.filter((entry) => entry.user !== user))
  // Whoever is named here takes a stand other than silence; which one stays their own choice.
  const add = (user: string | null) => user && onChange([...entries, { user, stance: 'agree', statement: '' }])
  const unnamed = people.filter((person) => !entries.some((entry) => entry.user === person.id))
  return (
    <fieldset className={classes.fieldset}>
      <legend className={classes.legend}>{t('decision.positions')}</legend>
      <p className={classes.legendHint}>{t('decision.positionsHint')}</p>
      {entries.map((entry) => {
        const person = people.find((one) => one.id === entry.user) ?? unknownPerson(entry.user)
        const name = person.display_name
        return (
          <div key={entry.user} className={`${classes.position} ${entry.stance === 'dissent' ? classes.dissent : ''}`}>
            <PersonBadge person={person} />
            <SegmentedControl
              className={classes.stance}
              size="xs"
              aria-label={t('decision.stanceOf', { name })}
              value={entry.stance}
              onChange={(stance) => change(entry.user, { stance: stance as Stance })}
              data={STANCES.map((value) => ({ value, label: wordFor('stance', value) }))}
            />
            <ActionIcon variant="subtle" color="gray" size={28} aria-label={t('decision.removePosition', { name })} onClick={() => remove(entry.user)}>
              <IconTrash size={15} aria-hidden />
            </ActionIcon>
            {(entry.stance !== 'agree' || entry.statement) && (
              <Textarea
                className={classes.statement}
                aria-label={t('decision.statement', { name })}
                placeholder={t('decision.statementPlaceholder')}
                minRows={1}
                value={entry.statement}
                onChange={(event) => change(entry.user, { statement: event.currentTarget.value })}
              />
            )}
          </div>
        )
      })}
      {unnamed.length > 0 && (
        <Select
          mt={6}
          size="xs"
          searchable
          value={null}
          aria-label={t('decision.addPosition')}
          placeholder={t('decision.addPosition')}
          onChange={add}
          data={unnamed.map((person) => ({ value: person.id, label: `${person.display_name} · ${wordFor('discipline', person.discipline)}` }))}
        />
      )}
    </fieldset>
  )
}
