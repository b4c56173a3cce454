import { Button } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconAlertTriangle, IconPlugConnectedX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { asProblem } from '@/api/problem'

import { humanise } from './format'
import classes from './ProblemNotice.module.css'

interface ProblemNoticeProps {
  problem: unknown
  onRetry?: () => void
  /** What to do now, where the screen knows better than the code alone tells. */
  advice?: string
}

/** A failure, told in full: what, why, what now, and the number to report. */
export function ProblemNotice({ problem: thrown, onRetry, advice }: ProblemNoticeProps) {
  const { t } = useTranslation()
  const clipboard = useClipboard({ timeout: 1500 })
  const problem = asProblem(thrown)
  const what = t(`problem.what.${problem.code}`, { defaultValue: problem.title })
  const why = problem.detail && problem.detail !== what ? problem.detail : ''
  const fallback = problem.isTransient ? t('problem.now.transient') : t('problem.now.other')
  const { requestId } = problem
  const Icon = problem.code === 'offline' ? IconPlugConnectedX : IconAlertTriangle
  return (
    <div className={classes.notice} role="alert">
      <Icon size={18} className={classes.icon} aria-hidden />
      <div className={classes.what}>{what}</div>
      {onRetry && (
        <Button className={classes.action} size="xs" variant="default" onClick={onRetry}>
          {t('action.retry')}
        </Button>
      )}
      {why && <div className={classes.why}>{why}</div>}
      {problem.errors.length > 0 && (
        <ul className={classes.fields}>
          {problem.errors.map((error) => (
            <li key={`${error.field}:${error.message}`}>
              {error.field && error.field !== 'non_field_errors' ? `${humanise(error.field)}: ` : ''}
              {error.message}
            </li>
          ))}
        </ul>
      )}
      <div className={classes.now}>{advice ?? t(`problem.now.${problem.code}`, { defaultValue: fallback })}</div>
      {requestId && (
        <button
          type="button"
          className={classes.request}
          onClick={() => clipboard.copy(requestId)}
          title={t('problem.copy')}
        >
          {clipboard.copied ? t('problem.copied') : t('problem.request', { id: requestId })}
        </button>
      )}
    </div>
  )
}
