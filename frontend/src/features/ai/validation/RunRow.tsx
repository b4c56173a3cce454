import { Button, Progress } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { isRunOpen, useValidationActions, type ValidationRun } from '@/api/validation'
import { Chip } from '@/ui/Chip'
import { formatDateTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Validation.module.css'
import { TONES } from './words'

/** One run: what on what, how far it is, how it ended and why. */
export function RunRow({ run }: { run: ValidationRun }) {
  const { t } = useTranslation('validation')
  const { cancel } = useValidationActions()
  const model = `${run.model} ${run.version}`
  const what = { model, folder: run.folder }
  return (
    <li className={classes.run} data-run={run.id} data-state={run.state}>
      <Link className={classes.runTitle} to={`/models/validation/${run.id}`}>
        {t('report.title', { model: run.model, version: run.version, folder: run.folder })}
      </Link>
      <Chip tone={TONES[run.state]}>{t(`state.${run.state}`)}</Chip>
      {run.may_cancel && (
        <Button size="compact-sm" variant="default" loading={cancel.isPending} aria-label={t('runs.cancelThis', what)} onClick={() => cancel.mutate(run.id)}>
          {t('runs.cancel')}
        </Button>
      )}
      <div className={classes.runText}>
        {isRunOpen(run) && <Progress value={Math.round(run.progress * 100)} size={5} my={5} aria-label={t('progress', { model })} />}
        {run.stage && <div>{run.stage}</div>}
        {run.reason_message && <div>{run.reason_message}</div>}
        {run.studies.total > 0 && <div>{t('counts', { ...run.studies })}</div>}
        <div>
          {run.started_by} · {formatDateTime(run.finished_at ?? run.created_at)}
        </div>
      </div>
      {cancel.error && <ProblemNotice problem={cancel.error} />}
    </li>
  )
}
