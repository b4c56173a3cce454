import { IconCircleOff, IconQuestionMark } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Job, Study } from '@/api/types'
import { EmptyState } from '@/ui/EmptyState'

import classes from './Findings.module.css'
import { JobChip } from './JobChip'
import { seriesOf } from './series'

/** A newer run of the same model on the same series speaks for the older one. */
export function latestRuns(jobs: readonly Job[]): Job[] {
  const newest = new Map<string, Job>()
  for (const job of jobs) {
    const key = `${job.model.id} ${job.series_instance_uid}`
    const known = newest.get(key)
    if (!known || job.created_at > known.created_at) newest.set(key, job)
  }
  return [...newest.values()].sort((a, b) => a.created_at.localeCompare(b.created_at))
}

const NO_STUDIES: readonly Study[] = []

interface AiOutcomesProps {
  /** Null where the runs are not known, as in a de-identified view. */
  jobs: readonly Job[] | null
  hasFindings: boolean
  /** Where what was read is named. */
  studies?: readonly Study[]
}

/**
 * What AI did that left no finding: not run, waiting, nothing marked, out of scope, failed,
 * cancelled. None of them looks like another, and none like "healthy".
 */
export function AiOutcomes({ jobs, hasFindings, studies = NO_STUDIES }: AiOutcomesProps) {
  const { t } = useTranslation('ai')
  if (jobs === null) {
    return hasFindings ? null : <EmptyState compact icon={IconQuestionMark} title={t('outcome.unknown')} />
  }
  if (jobs.length === 0) {
    return hasFindings ? null : <EmptyState compact icon={IconCircleOff} title={t('outcome.notRun')} hint={t('outcome.notRunHint')} />
  }
  const told = latestRuns(jobs).filter((job) => !hasFindings || job.state !== 'findings')
  if (told.length === 0) return null
  return (
    <ul className={classes.outcomes} aria-label={t('outcome.list')}>
      {told.map((job) => (
        <li key={job.id} className={classes.outcome} data-state={job.state}>
          <JobChip state={job.state} />
          <span className={classes.outcomeModel}>
            {[`${job.model.name} ${job.model.version}`, seriesOf(job, studies)].filter(Boolean).join(' · ')}
          </span>
          <span className={classes.outcomeText}>{job.reason?.message ?? t(`job.means.${job.state}`)}</span>
        </li>
      ))}
    </ul>
  )
}
