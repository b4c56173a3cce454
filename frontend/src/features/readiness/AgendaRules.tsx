import { Button, NumberInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useBoards } from '@/api/boards'
import { useAgendaRules } from '@/api/readiness'
import type { Board } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Readiness.module.css'

/** Minutes of a simple and of a complex case, and when the list of a meeting closes. */
export function AgendaRules({ boardId, mayEdit }: { boardId: string; mayEdit: boolean }) {
  const boards = useBoards()
  const board = boards.data?.find((one) => one.id === boardId)
  return board && mayEdit ? <RulesForm key={board.id} board={board} /> : null
}

function RulesForm({ board }: { board: Board }) {
  const { t } = useTranslation('readiness')
  const save = useAgendaRules(board.id)
  const [rules, setRules] = useState({
    minutes_per_case: board.minutes_per_case ?? 3,
    minutes_per_complex_case: board.minutes_per_complex_case ?? 8,
    cut_off_hours: board.cut_off_hours ?? 24,
  })
  const field = (name: keyof typeof rules, min: number, max: number) => (
    <NumberInput
      w={150}
      label={t(`rules.${name}`)}
      min={min}
      max={max}
      value={rules[name]}
      onChange={(value) => typeof value === 'number' && setRules({ ...rules, [name]: value })}
    />
  )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(rules)
      }}
    >
      <div className={classes.rules}>
        {field('minutes_per_case', 1, 60)}
        {field('minutes_per_complex_case', 1, 60)}
        {field('cut_off_hours', 0, 336)}
        <Button type="submit" variant="default" loading={save.isPending} aria-label={t('rules.save')}>
          {t('common:action.save')}
        </Button>
      </div>
      {save.error && <ProblemNotice problem={save.error} />}
    </form>
  )
}
