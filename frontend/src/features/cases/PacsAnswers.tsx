import { IconCheck, IconDots, IconPlugConnectedX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { PacsAnswer } from '@/api/types'
import { wordFor } from '@/ui/format'

import caseClasses from './Case.module.css'
import classes from './PacsSearch.module.css'

/** What each PACS answered. One that answered in full is not worth a line where it is the only one. */
export function PacsAnswers({ answers }: { answers: readonly PacsAnswer[] }) {
  const { t } = useTranslation('cases')
  if (answers.length < 2 && !answers.some((answer) => answer.is_truncated)) return null
  return (
    <div role="status" aria-label={t('link.answers')}>
      <ul className={classes.answers}>
        {answers.map((answer) => (
          <li key={answer.pacs} data-state={stateOf(answer)} title={answer.error?.message}>
            <AnswerIcon answer={answer} />
            <span>{answer.name}</span>
            <span className={caseClasses.dim}>
              {answer.error ? wordFor('pacsError', answer.error.code) : t('link.found', { count: answer.found ?? 0 })}
              {answer.is_truncated && ` · ${t('link.truncated')}`}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}

type AnswerState = 'answered' | 'truncated' | 'silent'

function stateOf(answer: PacsAnswer): AnswerState {
  if (answer.error) return 'silent'
  return answer.is_truncated ? 'truncated' : 'answered'
}

function AnswerIcon({ answer }: { answer: PacsAnswer }) {
  if (answer.error) return <IconPlugConnectedX size={14} aria-hidden />
  return answer.is_truncated ? <IconDots size={14} aria-hidden /> : <IconCheck size={14} aria-hidden />
}
