import { IconSparkles } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { useStudies } from '@/api/cases'
import { useJobs } from '@/api/findings'
import type { CaseDetail } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import { AiHiddenNote } from './AiHiddenNote'
import { JobRow } from './JobRow'
import { seriesOf } from './series'

export function CaseJobsSection({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('ai')
  const jobs = useJobs(entry.id)
  const studies = useStudies(entry.id)
  return (
    <Section title={t('cases:jobs.title')} count={entry.ai_hidden ? undefined : jobs.data?.length}>
      {jobs.error && !jobs.data && <ProblemNotice problem={jobs.error} onRetry={() => void jobs.refetch()} />}
      {!jobs.data && !jobs.error && <LoadingRows label={t('common:list.loading')} rows={2} />}
      {entry.ai_hidden && <AiHiddenNote />}
      {jobs.data?.length === 0 && !entry.ai_hidden && <EmptyState compact icon={IconSparkles} title={t('jobs.none')} />}
      {jobs.data?.map((job) => (
        <JobRow key={job.id} job={job} reads={seriesOf(job, studies.data ?? [])} mayAct={entry.can.includes('run_ai')} />
      ))}
    </Section>
  )
}
