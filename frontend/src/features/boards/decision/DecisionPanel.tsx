import { Button, SegmentedControl, Textarea } from '@mantine/core'
import { type ReactNode, useId } from 'react'
import { useTranslation } from 'react-i18next'

import { type DecisionDraft, draftGaps } from '@/api/boards'
import type { Consensus, PersonRef } from '@/api/types'
import { formatTime, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from '../Boards.module.css'
import own from './decision.module.css'
import { PositionFields } from './PositionFields'
import { RecommendationFields } from './RecommendationFields'
import { SignButton } from './SignButton'
import { ConsideredFields, PatientViewFields } from './WordsFields'

export interface DecisionPanelProps {
  draft: DecisionDraft
  onChange: (draft: DecisionDraft) => void
  /** Who may be named as responsible or with a position. */
  people: readonly PersonRef[]
  /** Keep the draft: by REST on the case page, as an op in a live session. */
  onSave: () => void
  /** What would be signed; null for whoever may not sign. */
  signing: { id: string | null; onSigned: () => void } | null
  savedAt: string | null
  isDirty: boolean
  isSaving: boolean
  /** Somebody else changed the same: nothing is kept before it is settled. */
  conflicts?: ReactNode
  problem?: unknown
}

const CONSENSUS: Consensus[] = ['consensus', 'majority', 'none']

/** The board's recommendation while it is being written. Nothing is chosen for anybody. Signing lies outside its form: it has one of its own. */
export function DecisionPanel(props: DecisionPanelProps) {
  const { draft, onChange, people, onSave, signing, savedAt, isDirty, isSaving, conflicts = null, problem } = props
  const { t } = useTranslation('boards')
  const formId = useId()
  const change = (part: Partial<DecisionDraft>) => onChange({ ...draft, ...part })
  const gaps = draftGaps(draft)
  const state = isSaving ? t('decision.saving') : savedAt && !isDirty ? t('decision.saved', { when: formatTime(savedAt) }) : t('decision.unsaved')
  return (
    <div className={classes.decision}>
      <form
        id={formId}
        className={own.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (isDirty && gaps.length === 0 && conflicts === null) onSave()
        }}
      >
        <PatientViewFields draft={draft} onChange={change} />
        <RecommendationFields entries={draft.recommendations} people={people} onChange={(recommendations) => change({ recommendations })} />
        <ConsideredFields draft={draft} onChange={change} />
        <fieldset className={classes.fieldset}>
          <legend className={classes.legend}>{t('decision.consensus')}</legend>
          <SegmentedControl
            fullWidth
            classNames={{ root: classes.choices, control: classes.choice }}
            aria-label={t('decision.consensus')}
            size="sm"
            value={draft.consensus}
            onChange={(value) => change({ consensus: value as Consensus })}
            data={CONSENSUS.map((value) => ({ value, label: wordFor('consensus', value) }))}
          />
        </fieldset>
        <PositionFields entries={draft.positions} people={people} onChange={(positions) => change({ positions })} />
        <Textarea
          label={t('decision.conditions')}
          placeholder={t('decision.conditionsPlaceholder')}
          minRows={1}
          value={draft.conditions}
          onChange={(event) => change({ conditions: event.currentTarget.value })}
        />
        <Textarea label={t('decision.summary')} minRows={2} value={draft.summary} onChange={(event) => change({ summary: event.currentTarget.value })} />
        {conflicts}
        {isDirty && gaps.length > 0 && (
          <ul className={classes.gaps}>
            {gaps.map((gap) => (
              <li key={gap}>{t(`decision.gap.${gap}`)}</li>
            ))}
          </ul>
        )}
        {problem !== undefined && problem !== null && <ProblemNotice problem={problem} />}
      </form>
      <div className={classes.decisionFoot}>
        <span className={classes.saved} role="status">
          {state}
        </span>
        <div className={classes.footActions}>
          <Button type="submit" form={formId} variant={signing && !isDirty ? 'default' : 'filled'} disabled={!isDirty || gaps.length > 0 || conflicts !== null} loading={isSaving}>
            {t('decision.save')}
          </Button>
          {signing ? (
            <SignButton decisionId={signing.id} disabled={isDirty || savedAt === null || gaps.length > 0} onSigned={signing.onSigned} />
          ) : (
            <span className={classes.saved}>{t('decision.chairSigns')}</span>
          )}
        </div>
      </div>
    </div>
  )
}
