import { Button, Select } from '@mantine/core'
import { IconBellCheck, IconChartLine, IconDownload, IconFlask } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link, useParams, useSearchParams } from 'react-router-dom'

import { monitoringCsv, useDrift, useModelAlerts, useMonitoring } from '@/api/monitoring'
import { useMe } from '@/api/session'
import type { MonitoringReport } from '@/api/types'
import { wordFor } from '@/ui/format'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import { AlertList } from './AlertList'
import { DriftTable } from './DriftTable'
import { FigureChart } from './FigureChart'
import { CHARTS } from './figures'
import classes from './Monitoring.module.css'
import { ReasonTable } from './ReasonTable'

const WEEKS = ['4', '12', '26', '52'] as const
const SUBGROUPS = ['sex', 'age_band', 'manufacturer', 'scanner', 'site', 'slice_thickness'] as const

const chosen = (values: readonly string[], asked: string | null, otherwise: string): string => (asked && values.includes(asked) ? asked : otherwise)

/** How one model does in use: alerts first, then figures by week or subgroup, drift, reasons. */
export default function MonitoringRoute() {
  const { t } = useTranslation('monitoring')
  const { modelId = '' } = useParams()
  const [parameters, setParameters] = useSearchParams()
  const query = {
    modelId,
    version: parameters.get('version') ?? undefined,
    weeks: Number(chosen(WEEKS, parameters.get('weeks'), '12')),
    by: chosen(SUBGROUPS, parameters.get('by'), ''),
  }
  const report = useMonitoring(query)
  const set = (name: string, value: string | null) =>
    setParameters(
      (known) => {
        const next = new URLSearchParams(known)
        if (value) next.set(name, value)
        else next.delete(name)
        return next
      },
      { replace: true },
    )
  const name = report.data?.model.name ?? ''
  return (
    <Screen
      title={name ? t('titleOf', { name }) : t('title')}
      lead={<Link to="/models">{t('back')}</Link>}
      actions={
        report.data && (
          <Button component="a" href={monitoringCsv(query)} download variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
            {t('csv')}
          </Button>
        )
      }
    >
      <AlertsSection modelId={modelId} />
      {report.data && report.data.synthetic_runs > 0 && (
        <p className={classes.demo} role="note">
          <IconFlask size={16} aria-hidden />
          {t('synthetic', { count: report.data.synthetic_runs })}
        </p>
      )}
      <div className={classes.pickers}>
        {report.data && (
          <Select label={t('version')} allowDeselect={false} value={report.data.version.id} onChange={(value) => set('version', value)} data={report.data.versions.map(({ id, version, state }) => ({ value: id, label: `${version} · ${wordFor('versionState', state)}` }))} />
        )}
        <Select label={t('weeks')} allowDeselect={false} value={String(query.weeks)} onChange={(value) => set('weeks', value)} data={WEEKS.map((value) => ({ value, label: t('lastWeeks', { count: Number(value) }) }))} />
        <Select label={t('by.label')} allowDeselect={false} value={query.by || 'all'} onChange={(value) => set('by', value === 'all' ? null : value)} data={['all', ...SUBGROUPS].map((value) => ({ value, label: t(`by.${value}`) }))} />
      </div>
      {report.error && !report.data && <ProblemNotice problem={report.error} onRetry={() => void report.refetch()} />}
      {!report.data && !report.error && <LoadingRows label={t('common:list.loading')} rows={8} />}
      {report.data && <Figures report={report.data} />}
      {report.data && <DriftSection modelId={modelId} version={report.data.version.id} />}
    </Screen>
  )
}

function Figures({ report }: { report: MonitoringReport }) {
  const { t } = useTranslation('monitoring')
  const hasRuns = report.figures.some((row) => row.name === 'runs' && (row.is_hidden || (row.n ?? 0) > 0))
  if (!hasRuns) return <EmptyState icon={IconChartLine} title={t('empty')} hint={t('emptyHint')} />
  return (
    <>
      <Section title={report.by ? t('bySubgroup', { by: t(`by.${report.by}`).toLocaleLowerCase() }) : t('byWeek')}>
        <p className={classes.reading}>{report.by ? t('readingBlocks', { n: report.small_cell }) : t('readingWeeks', { n: report.small_cell })}</p>
        <div className={classes.charts}>
          {CHARTS.map((spec) => (
            <FigureChart key={spec.key} report={report} spec={spec} />
          ))}
        </div>
      </Section>
      <Section title={t('reasons.title')}>
        <ReasonTable report={report} />
      </Section>
    </>
  )
}

function AlertsSection({ modelId }: { modelId: string }) {
  const { t } = useTranslation('monitoring')
  const alerts = useModelAlerts(modelId)
  const me = useMe()
  const mayAnswer = me.data?.system_roles.includes('ai_admin') ?? false
  return (
    <Section title={t('alerts.title')} count={alerts.data?.filter((one) => !one.acknowledged_at).length}>
      {alerts.error && !alerts.data && <ProblemNotice problem={alerts.error} onRetry={() => void alerts.refetch()} />}
      {!alerts.data && !alerts.error && <LoadingRows label={t('common:list.loading')} rows={1} />}
      {alerts.data?.length === 0 && <EmptyState compact icon={IconBellCheck} title={t('alerts.empty')} hint={t('alerts.emptyHint')} />}
      {alerts.data && alerts.data.length > 0 && <AlertList alerts={alerts.data} mayAnswer={mayAnswer} />}
    </Section>
  )
}

function DriftSection({ modelId, version }: { modelId: string; version: string }) {
  const { t } = useTranslation('monitoring')
  const drift = useDrift(modelId, version)
  return (
    <Section title={t('drift.title')}>
      {drift.error && !drift.data && <ProblemNotice problem={drift.error} onRetry={() => void drift.refetch()} />}
      {!drift.data && !drift.error && <LoadingRows label={t('common:list.loading')} rows={4} />}
      {drift.data && <DriftTable drift={drift.data} />}
    </Section>
  )
}
