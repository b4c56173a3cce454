import { Button, Progress } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import { isJobOpen, useJobActions } from '@/api/findings'
import type { Job } from '@/api/types'
import { formatRelative, humanise } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Findings.module.css'
import { JobChip } from './JobChip'

const RETRYABLE = new Set<Job['state']>(['failed', 'cancelled'])

/** One run: what it is, how far it is, how it ended and why. */
export function JobRow({ job, where, mayAct }: { job: Job; where?: React.ReactNode; mayAct: boolean }) {
  const { t } = useTranslation('ai')
  const { cancel, retry } = useJobActions()
  const model = `${job.model.name} ${job.model.version}`
  return (
    <div className={classes.jobRow} data-job={job.id} data-state={job.state}>
      <div className={classes.jobTitle}>
        {model}
        <JobChip state={job.state} />
      </div>
      {mayAct && isJobOpen(job) && (
        <Button size="compact-sm" variant="default" loading={cancel.isPending} aria-label={t('job.cancelJob', { model })} onClick={() => cancel.mutate(job.id)}>
          {t('job.cancel')}
        </Button>
      )}
      {mayAct && RETRYABLE.has(job.state) && (
        <Button size="compact-sm" variant="default" loading={retry.isPending} aria-label={t('job.retryJob', { model })} onClick={() => retry.mutate(job.id)}>
          {t('job.retry')}
        </Button>
      )}
      <div className={classes.jobText}>
        {job.state === 'running' && (
          <Progress value={Math.round(job.progress * 100)} size={5} my={5} aria-label={job.stage ? humanise(job.stage) : model} />
        )}
        <JobText job={job} />
        {where && <> · {where}</>}
      </div>
      {(cancel.error ?? retry.error) && (
        <div className={classes.jobText}>
          <ProblemNotice problem={cancel.error ?? retry.error} />
        </div>
      )}
    </div>
  )
}

function JobText({ job }: { job: Job }) {
  const { t } = useTranslation('ai')
  if (job.reason?.message) return <span>{job.reason.message}</span>
  if (job.state === 'queued') {
    return <span>{job.queue_position ? t('job.queue', { position: job.queue_position }) : t('job.next')}</span>
  }
  if (job.state === 'running' && job.stage) return <span>{humanise(job.stage)}</span>
  return <span>{formatRelative(job.finished_at ?? job.created_at)}</span>
}
