import { Button, SegmentedControl } from '@mantine/core'
import { IconSparkles, IconTopologyStar3, IconUpload } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useCases } from '@/api/cases'
import { isJobOpen, useJobs, useModels } from '@/api/findings'
import { useMe } from '@/api/session'
import type { Job, ModelEntry } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import { AutomationLink } from './AutomationLink'
import classes from './Findings.module.css'
import { JobRow } from './JobRow'
import { ModelCard } from './ModelCard'
import { ModelCardDialog } from './ModelCardDialog'

const FILTERS = ['all', 'open', 'ended', 'failed'] as const
/** Capacities in a case that may run AI on it; the server decides. */
const CLINICIANS = new Set(['chair', 'member'])
type JobFilter = (typeof FILTERS)[number]

const passes = (job: Job, filter: JobFilter): boolean =>
  filter === 'all' || (filter === 'failed' ? job.state === 'failed' : isJobOpen(job) === (filter === 'open'))

export default function ModelsRoute() {
  const { t } = useTranslation('ai')
  const models = useModels()
  const jobs = useJobs()
  const cases = useCases()
  const me = useMe()
  const [filter, setFilter] = useState<JobFilter>('all')
  const [card, setCard] = useState<ModelEntry | null>(null)
  const shown = (jobs.data ?? []).filter((job) => passes(job, filter))
  const isAiAdmin = me.data?.system_roles.includes('ai_admin') ?? false
  const mayAct = (job: Job) => isAiAdmin || CLINICIANS.has(cases.data?.find((entry) => entry.id === job.case)?.capacity ?? '')
  const place = (job: Job) => {
    const title = job.case_title ?? cases.data?.find((entry) => entry.id === job.case)?.title
    return job.case && title ? <Link to={`/cases/${job.case}`}>{title}</Link> : undefined
  }
  return (
    <Screen
      title={t('models.title')}
      lead={t('models.lead')}
      actions={
        <>
          <AutomationLink />
          {isAiAdmin && (
            <>
              <Button component={Link} to="/models/validation" variant="default">
                {t('validation:title')}
              </Button>
              <Button component={Link} to="/models/upload" leftSection={<IconUpload size={16} aria-hidden />}>
                {t('models:upload.open')}
              </Button>
            </>
          )}
        </>
      }
    >
      <Section title={t('models.models')} count={models.data?.length}>
        {models.error && !models.data && <ProblemNotice problem={models.error} onRetry={() => void models.refetch()} />}
        {!models.data && !models.error && <LoadingRows label={t('common:list.loading')} rows={3} />}
        {models.data?.length === 0 && <EmptyState icon={IconTopologyStar3} title={t('models.noModels')} hint={t('models.noModelsHint')} />}
        <div className={classes.cards}>
          {models.data?.map((model) => (
            <ModelCard key={model.id} model={model} onOpen={() => setCard(model)} />
          ))}
        </div>
      </Section>
      <Section
        title={t('models.jobs')}
        count={jobs.data && shown.length}
        actions={
          <SegmentedControl
            size="xs"
            aria-label={t('models.filterJobs')}
            value={filter}
            onChange={(value) => setFilter(value as JobFilter)}
            data={FILTERS.map((value) => ({ value, label: t(`models.filter.${value}`) }))}
          />
        }
      >
        {jobs.error && !jobs.data && <ProblemNotice problem={jobs.error} onRetry={() => void jobs.refetch()} />}
        {!jobs.data && !jobs.error && <LoadingRows label={t('common:list.loading')} rows={5} />}
        {jobs.data && shown.length === 0 && <EmptyState icon={IconSparkles} title={t('models.noJobs')} hint={t('models.noJobsHint')} />}
        {shown.map((job) => (
          <JobRow key={job.id} job={job} where={place(job)} mayAct={mayAct(job)} />
        ))}
      </Section>
      {card?.version_id && <ModelCardDialog model={card} versionId={card.version_id} onClose={() => setCard(null)} />}
    </Screen>
  )
}
