import { Button } from '@mantine/core'
import { IconReportAnalytics } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { isRunOpen, useValidationRuns } from '@/api/validation'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import aiClasses from '../Findings.module.css'
import { AdminOnly } from './AdminOnly'
import { RunRow } from './RunRow'
import { StartForm } from './StartForm'
import classes from './Validation.module.css'

export default function ValidationRoute() {
  const { t } = useTranslation('validation')
  return (
    <Screen
      title={t('title')}
      lead={t('lead')}
      actions={
        <Button component={Link} to="/models" variant="default">
          {t('toModels')}
        </Button>
      }
    >
      <AdminOnly>
        <Runs />
      </AdminOnly>
    </Screen>
  )
}

function Runs() {
  const { t } = useTranslation('validation')
  const runs = useValidationRuns(true)
  return (
    <>
      <p className={classes.note}>{t('researchNote')}</p>
      <Section title={t('start.title')} padded>
        <StartForm isBusy={runs.data?.some(isRunOpen) ?? false} />
      </Section>
      <Section title={t('runs.title')} count={runs.data?.length}>
        {runs.error && !runs.data && <ProblemNotice problem={runs.error} onRetry={() => void runs.refetch()} />}
        {!runs.data && !runs.error && <LoadingRows label={t('common:list.loading')} rows={4} />}
        {runs.data?.length === 0 && <EmptyState icon={IconReportAnalytics} title={t('runs.empty')} hint={t('runs.emptyHint')} />}
        {runs.data && runs.data.length > 0 && (
          <ul className={aiClasses.list} aria-label={t('runs.title')}>
            {runs.data.map((run) => (
              <RunRow key={run.id} run={run} />
            ))}
          </ul>
        )}
      </Section>
    </>
  )
}
