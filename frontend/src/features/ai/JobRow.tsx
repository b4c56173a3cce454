import { Button, Progress } from '@mantine/core'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'

import { isJobOpen, useJobActions } from '@/api/findings'
import type { Job } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { formatRelative, humanise } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Findings.module.css'
import { JobChip } from './JobChip'

const RETRYABLE = new Set<Job['state']>(['failed', 'cancelled'])

/** One run: what it is, how far it is, how it ended and why. */
export function JobRow({ job, reads, where, mayAct }: { job: Job; reads?: string; where?: React.ReactNode; mayAct: boolean }) {
  const { t } = useTranslation('ai')
  const { cancel, retry } = useJobActions()
  const model = `${job.model.name} ${job.model.version}`
  return (
    <div className={classes.jobRow} data-job={job.id} data-state={job.state}>
      <div className={classes.jobTitle}>
        {model}
        <JobChip state={job.state} />
        {job.is_shadow && <Chip tone="ai">{t('models.shadowJob')}</Chip>}
      </div>
      {mayAct && isJobOpen(job) && (
        <Button size="compact-sm" variant="default" loading={cancel.isPending} aria-label={t('job.cancelJob', { model })} onClick={() => cancel.mutate(job.id)}>
          {t('job.cancel')}
        </Button>
      )}
      {mayAct && RETRYABLE.has(job.state) && job.model.kind !== 'external' && (
        <Button size="compact-sm" variant="default" loading={retry.isPending} aria-label={t('job.retryJob', { model })} onClick={() => retry.mutate(job.id)}>
          {t('job.retry')}
        </Button>
      )}
      {reads && <div className={classes.jobReads}>{reads}</div>}
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

/** Its place, when it should begin, and why it stands there if not by its turn. */
function waitingWords(job: Job, t: TFunction<'ai'>): string[] {
  if (!job.queue_position) return [t('job.next')]
  const words = [t('job.queue', { position: job.queue_position }), startWords(job.starts_in_s, t)]
  if (job.queue_reason === 'urgent' || job.queue_reason === 'meeting') words.push(t(`job.rank.${job.queue_reason}`))
  return words
}

function startWords(seconds: number | null, t: TFunction<'ai'>): string {
  if (seconds === null) return t('job.startUnknown')
  if (seconds < 5) return t('job.startsSoon')
  const when = seconds < 90 ? t('job.seconds', { count: Math.ceil(seconds / 5) * 5 }) : t('job.minutes', { count: Math.ceil(seconds / 60) })
  return t('job.startsIn', { when })
}

function JobText({ job }: { job: Job }) {
  const { t } = useTranslation('ai')
  if (job.reason?.message) return <span>{job.reason.message}</span>
  if (job.state === 'queued') return <span>{waitingWords(job, t).join(' · ')}</span>
  if (job.state === 'running' && job.stage) return <span>{humanise(job.stage)}</span>
  return <span>{formatRelative(job.finished_at ?? job.created_at)}</span>
}
