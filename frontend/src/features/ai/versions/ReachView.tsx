import { Button } from '@mantine/core'
import { IconCircleOff, IconDownload } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { reachTableUrl, useVersionReach } from '@/api/models'
import type { ReachRow, VersionDetail } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatCount, formatDateTime, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Versions.module.css'

const TOTALS = ['cases', 'findings', 'accepted', 'dismissed', 'without_findings', 'decisions', 'exported'] as const

/** Every case a version answered in, what was made of it, and what was decided since. */
export function ReachView({ version }: { version: VersionDetail }) {
  const { t } = useTranslation('models')
  const reach = useVersionReach(version.id)
  if (reach.error && !reach.data) return <ProblemNotice problem={reach.error} onRetry={() => void reach.refetch()} />
  if (!reach.data) return <LoadingRows label={t('common:list.loading')} />
  const { totals, results, by_pseudonym: byPseudonym, ai_hidden: aiHidden } = reach.data
  return (
    <div className={classes.card}>
      <Section
        title={t('reach.title')}
        actions={
          <Button size="xs" variant="default" component="a" href={reachTableUrl(version.id)} download leftSection={<IconDownload size={15} aria-hidden />}>
            {t('reach.csv')}
          </Button>
        }
        padded
      >
        <p className={classes.whole}>{t(byPseudonym ? 'reach.byPseudonym' : 'reach.yourCases')}</p>
        {aiHidden && <p className={classes.warning}>{t('reach.hidden')}</p>}
        <dl className={classes.totals}>
          {TOTALS.map((name) => (
            <div key={name}>
              <dd>{formatCount(totals[name])}</dd>
              <dt>{t(`reach.total.${name}`)}</dt>
            </div>
          ))}
        </dl>
      </Section>
      <Section title={t('reach.answers')} count={results.length}>
        {results.length === 0 ? (
          <EmptyState icon={IconCircleOff} title={t('reach.none')} hint={t('reach.noneHint')} />
        ) : (
          <div className={classes.tableScroll} tabIndex={0} role="region" aria-label={t('reach.table')}>
            <table className={classes.reach}>
              <thead>
                <tr>
                  <th scope="col">{t('reach.case')}</th>
                  <th scope="col">{t('reach.at')}</th>
                  <th scope="col">{t('reach.found')}</th>
                  <th scope="col">{t('reach.decisions')}</th>
                </tr>
              </thead>
              <tbody>
                {results.map((row, index) => (
                  <Answer key={index} row={row} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Section>
    </div>
  )
}

function Answer({ row }: { row: ReachRow }) {
  const { t } = useTranslation('models')
  return (
    <tr>
      <th scope="row">
        {row.case ? <Link to={`/cases/${row.case}`}>{row.case_title}</Link> : <span className={classes.mono}>{row.case_pseudonym || t('reach.noCase')}</span>}
      </th>
      <td>{formatDateTime(row.answered_at)}</td>
      <td>
        {row.findings.length === 0 && <span className={classes.dim}>{t('reach.nothingFound')}</span>}
        {row.findings.map((finding) => (
          <div key={finding.pseudonym} className={classes.found}>
            <span>{finding.label}</span>
            <strong>{wordFor('findingState', finding.state)}</strong>
            {finding.reviewer && <span className={classes.dim}>{finding.reviewer}</span>}
            {finding.reason_code && <span className={classes.dim}>{wordFor('dismissReason', finding.reason_code)}</span>}
            {finding.export && <span className={classes.dim}>{t(`reach.export.${finding.export}`)}</span>}
          </div>
        ))}
      </td>
      <td>
        {row.decisions.length === 0 && <span className={classes.dim}>{t('reach.noDecision')}</span>}
        {row.decisions.map((decision) => (
          <div key={decision.pseudonym} className={classes.found}>
            <span>{t(`reach.decision.${decision.status}`)}</span>
            <span className={classes.dim}>{formatDateTime(decision.at)}</span>
          </div>
        ))}
      </td>
    </tr>
  )
}
