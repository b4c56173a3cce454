import { Button, SegmentedControl, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useDecisionActions } from '@/api/boards'
import { useMe } from '@/api/session'
import type { Decision, Stance } from '@/api/types'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from '../Boards.module.css'

const STANCES: Stance[] = ['agree', 'dissent', 'abstain']

/** A clinician's own word on a draft; nobody has to ask the minute-taker for it. */
export function OwnPosition({ caseId, decision }: { caseId: string; decision: Decision }) {
  const { t } = useTranslation('boards')
  const me = useMe()
  const { statePosition } = useDecisionActions(caseId)
  const mine = decision.positions.find((position) => position.user.id === me.data?.id)
  const [stance, setStance] = useState<Stance | ''>(mine?.stance ?? '')
  const [statement, setStatement] = useState(mine?.statement ?? '')
  const incomplete = stance === '' || (stance === 'dissent' && !statement.trim())
  return (
    <form
      className={classes.decision}
      onSubmit={(event) => {
        event.preventDefault()
        if (stance) statePosition.mutate({ decision, stance, statement: statement.trim() })
      }}
    >
      <fieldset className={classes.fieldset}>
        <legend className={classes.legend}>{t('decision.mine')}</legend>
        <SegmentedControl aria-label={t('decision.mine')} value={stance} onChange={(value) => setStance(value as Stance)} data={STANCES.map((value) => ({ value, label: wordFor('stance', value) }))} />
      </fieldset>
      {(stance === 'dissent' || statement) && (
        <Textarea
          minRows={1}
          aria-label={t('decision.statement', { name: me.data?.display_name ?? '' })}
          placeholder={t('decision.statementPlaceholder')}
          value={statement}
          onChange={(event) => setStatement(event.currentTarget.value)}
        />
      )}
      {statePosition.error && <ProblemNotice problem={statePosition.error} />}
      <Button type="submit" variant="default" disabled={incomplete} loading={statePosition.isPending} style={{ alignSelf: 'flex-start' }}>
        {t('decision.mineSubmit')}
      </Button>
    </form>
  )
}
