import { SegmentedControl, Select } from '@mantine/core'
import { IconPointer, IconSparkles } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router-dom'

import { useCases } from '@/api/cases'
import { useFindings } from '@/api/findings'
import type { Finding, FindingState } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen } from '@/ui/Screen'
import { useListKeys } from '@/ui/useListKeys'

import { FINDING_SOURCES, type FindingSource, isFrom } from './external'
import { ExternalMark } from './ExternalMark'
import { FindingStateChip } from './FindingCard'
import { FindingDetail } from './FindingDetail'
import classes from './Findings.module.css'
import { inReviewOrder } from './FindingsPanel'
import { isOpen } from './review'
import { describeMeasurements } from './words'

/** An empty list is none: it would have no option to offer. */
const LIST_ROLE = 'listbox'
const STATES: (FindingState | 'all')[] = ['unreviewed', 'deferred', 'accepted', 'dismissed', 'superseded', 'all']

export default function FindingInboxRoute() {
  const { t } = useTranslation('ai')
  const [parameters, setParameters] = useSearchParams()
  const caseId = parameters.get('case') ?? undefined
  const [state, setState] = useState<FindingState | 'all'>('unreviewed')
  const [source, setSource] = useState<FindingSource>('all')
  const cases = useCases()
  const findings = useFindings({ case: caseId })
  const hidesSome = (cases.data ?? []).some(
    (entry) => entry.ai_hidden && (caseId === undefined || entry.id === caseId),
  )
  const shown = inReviewOrder((findings.data ?? []).filter((finding) => (state === 'all' || finding.state === state) && isFrom(finding, source)))
  const [activeId, setActiveId] = useState<string | null>(null)
  const active = shown.find((finding) => finding.id === activeId) ?? shown[0] ?? null
  useListKeys({ count: shown.length, onSelect: (index) => setActiveId(shown[index]?.id ?? null) })
  const caseTitle = (finding: Finding) => cases.data?.find((entry) => entry.id === finding.case)?.title
  return (
    <Screen title={t('inbox.title')} lead={t('inbox.lead')} fill>
      <div className={classes.bar}>
        <SegmentedControl
          size="sm"
          aria-label={t('inbox.state')}
          value={state}
          onChange={(value) => setState(value as FindingState | 'all')}
          data={STATES.map((value) => ({ value, label: t(`inbox.states.${value}`) }))}
        />
        <SegmentedControl
          size="sm"
          aria-label={t('external:filter.label')}
          value={source}
          onChange={(value) => setSource(value as FindingSource)}
          data={FINDING_SOURCES.map((value) => ({ value, label: t(`external:filter.${value}`) }))}
        />
        <Select
          w={300}
          clearable
          searchable
          aria-label={t('inbox.case')}
          placeholder={t('inbox.allCases')}
          value={caseId ?? null}
          onChange={(value) => setParameters(value ? { case: value } : {})}
          data={(cases.data ?? []).map((entry) => ({ value: entry.id, label: entry.title }))}
        />
      </div>
      {hidesSome && <p className={classes.note}>{t('reveal:hiddenList')}</p>}
      <div className={classes.panes}>
        <div className={classes.pane} role={shown.length > 0 ? LIST_ROLE : undefined} aria-label={shown.length > 0 ? t('inbox.title') : undefined} tabIndex={0}>
          {findings.error && !findings.data && <ProblemNotice problem={findings.error} onRetry={() => void findings.refetch()} />}
          {!findings.data && !findings.error && <LoadingRows label={t('common:list.loading')} rows={6} />}
          {findings.data && shown.length === 0 && (
            <EmptyState icon={IconSparkles} title={state === 'unreviewed' ? t('inbox.emptyUnreviewed') : t('inbox.empty')} hint={t('inbox.emptyHint')} />
          )}
          {shown.map((finding) => (
            <button
              key={finding.id}
              type="button"
              role="option"
              aria-selected={finding === active}
              className={`${classes.row} ${isOpen(finding) ? classes.unreviewed : ''}`}
              onClick={() => setActiveId(finding.id)}
            >
              <span className={classes.head}>
                <span className={classes.labelText} style={{ flex: '1 1 auto', fontWeight: 500 }}>
                  {finding.label}
                </span>
                <ExternalMark finding={finding} />
                <FindingStateChip finding={finding} />
              </span>
              <span className={classes.figures}>{describeMeasurements(finding.measurements).slice(0, 2).join(' · ')}</span>
              <span className={classes.provenance}>{caseTitle(finding) ?? finding.model.name}</span>
            </button>
          ))}
        </div>
        <div className={classes.pane}>
          {active ? (
            <FindingDetail key={active.id} finding={active} caseId={active.case ?? caseId ?? null} caseTitle={caseTitle(active)} />
          ) : (
            <EmptyState icon={IconPointer} title={t('inbox.choose')} hint={t('inbox.chooseHint')} />
          )}
        </div>
      </div>
    </Screen>
  )
}
