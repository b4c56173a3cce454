import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router-dom'

import { isRunOpen, reportAddress, useValidationActions, useValidationRun, type ValidationRunDetail } from '@/api/validation'
import { LoadingRows } from '@/ui/DataTable'
import { formatDateTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import aiClasses from '../Findings.module.css'
import { AdminOnly } from './AdminOnly'
import { CalibrationSection, LesionSection, OverlapSection, StudiesSection, SubgroupSection } from './Figures'
import { RunRow } from './RunRow'
import classes from './Validation.module.css'

const DOCUMENTS = [
  ['html', 'save'],
  ['csv', 'rows'],
  ['json', 'figures'],
] as const

export default function ValidationRunRoute() {
  const { runId = '' } = useParams()
  const { t } = useTranslation('validation')
  const run = useValidationRun(runId, true)
  const isFinished = run.data?.state === 'finished'
  return (
    <Screen
      title={run.data ? t('report.title', { model: run.data.model, version: run.data.version, folder: run.data.folder }) : t('title')}
      lead={run.data?.finished_at ? t('report.by', { who: run.data.started_by, when: formatDateTime(run.data.finished_at) }) : undefined}
      actions={
        <>
          <Button component={Link} to="/models/validation" variant="default">
            {t('back')}
          </Button>
          {isFinished &&
            DOCUMENTS.map(([kind, word]) => (
              <Button key={kind} component="a" href={reportAddress(runId, kind)} download variant={kind === 'html' ? 'filled' : 'default'}>
                {t(`report.${word}`)}
              </Button>
            ))}
        </>
      }
    >
      <AdminOnly>
        <p className={classes.note}>{t('researchNote')}</p>
        {run.error && !run.data && <ProblemNotice problem={run.error} onRetry={() => void run.refetch()} />}
        {!run.data && !run.error && <LoadingRows label={t('common:list.loading')} rows={5} />}
        {run.data && isFinished && <RecordRun run={run.data} />}
        {run.data && (run.data.metrics ? <Report run={run.data} /> : <Unfinished run={run.data} />)}
      </AdminOnly>
    </Screen>
  )
}

/** Whoever has read the report takes it as the version's local validation. */
function RecordRun({ run }: { run: ValidationRunDetail }) {
  const { t } = useTranslation('validation')
  const { record } = useValidationActions()
  if (run.is_recorded) return <p className={classes.note}>{t('record.done')}</p>
  return (
    <>
      <div className={classes.note}>
        <Button size="xs" variant="default" loading={record.isPending} onClick={() => record.mutate(run.id)}>
          {t('record.act')}
        </Button>{' '}
        {t('record.hint')}
      </div>
      {record.error && <ProblemNotice problem={record.error} />}
    </>
  )
}

function Unfinished({ run }: { run: ValidationRunDetail }) {
  const { t } = useTranslation('validation')
  return (
    <Section title={t(`state.${run.state}`)}>
      <ul className={aiClasses.list} aria-label={t('runs.title')}>
        <RunRow run={run} />
      </ul>
      <p className={`${classes.dim} ${classes.run}`}>{isRunOpen(run) ? t('report.running') : run.state === 'cancelled' ? t('report.cancelled') : ''}</p>
    </Section>
  )
}

function Report({ run }: { run: ValidationRunDetail }) {
  const { t } = useTranslation('validation')
  const { metrics } = run
  if (!metrics) return null
  const facts: [string, string][] = [
    [t('report.tree'), run.model_tree_sha256],
    [t('report.dataset'), run.dataset_sha256],
    [t('report.parameters'), JSON.stringify(run.parameters)],
    [t('report.comparison'), JSON.stringify(run.thresholds)],
    [t('report.software'), Object.entries(run.software).map((pair) => pair.join(' ')).join(', ')],
  ]
  return (
    <>
      <StudiesSection studies={metrics.studies} />
      {metrics.overlap.map((overlap) => (
        <OverlapSection key={overlap.target} overlap={overlap} />
      ))}
      <LesionSection detection={metrics.detection} />
      <CalibrationSection calibration={metrics.calibration} />
      <SubgroupSection metrics={metrics} />
      <Section title={t('report.what')} padded>
        <dl className={classes.facts}>
          {facts.map(([name, value]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd className={classes.mono}>{value}</dd>
            </div>
          ))}
        </dl>
      </Section>
    </>
  )
}
