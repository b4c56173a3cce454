import { Tabs } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link, useParams, useSearchParams } from 'react-router-dom'

import { useVersion } from '@/api/models'
import type { VersionDetail } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { formatDate, formatDateTime, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen } from '@/ui/Screen'

import { CardView } from './CardView'
import { ContentView } from './ContentView'
import { ReachView } from './ReachView'
import { VersionActs } from './VersionActs'
import { VersionHistory } from './VersionHistory'
import { VersionStateChip } from './VersionStateChip'
import classes from './Versions.module.css'

const PARTS = ['card', 'content', 'reach', 'history'] as const
type Part = (typeof PARTS)[number]

/** One version of a model: what it says of itself, its files, whom it touched, what was done. */
export default function VersionRoute() {
  const { t } = useTranslation('models')
  const { versionId = '' } = useParams()
  const version = useVersion(versionId)
  const title = version.data ? t('version.title', { name: version.data.model.name, version: version.data.version }) : t('version.untitled')
  return (
    <Screen
      title={title}
      lead={<Link to="/models">{t('back')}</Link>}
      actions={version.data && <VersionStateChip state={version.data.state} />}
    >
      {version.error && !version.data && <ProblemNotice problem={version.error} onRetry={() => void version.refetch()} />}
      {!version.data && !version.error && <LoadingRows label={t('common:list.loading')} />}
      {version.data && <VersionParts version={version.data} />}
    </Screen>
  )
}

function VersionParts({ version }: { version: VersionDetail }) {
  const { t } = useTranslation('models')
  const [search, setSearch] = useSearchParams()
  const asked = search.get('show') as Part | null
  const part: Part = asked && PARTS.includes(asked) ? asked : 'card'
  const isBundle = version.model.kind === 'bundle'
  const parts = PARTS.filter((one) => one !== 'content' || isBundle)
  return (
    <>
      <VersionSummary version={version} />
      <Tabs value={part} onChange={(value) => setSearch({ show: value ?? 'card' }, { replace: true })} keepMounted={false}>
        <Tabs.List>
          {parts.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`part.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="card" pt="md">
          <CardView versionId={version.id} />
        </Tabs.Panel>
        {isBundle && (
          <Tabs.Panel value="content" pt="md">
            <ContentView version={version} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="reach" pt="md">
          <ReachView version={version} />
        </Tabs.Panel>
        <Tabs.Panel value="history" pt="md">
          <VersionHistory version={version} />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}

/** Whose words it has, what waits for one, and what may be done now. */
function VersionSummary({ version }: { version: VersionDetail }) {
  const { t } = useTranslation('models')
  const { last_change: last, proposal, validation } = version
  return (
    <section className={classes.summary} aria-label={t('version.summary')}>
      <div className={classes.summaryText}>
        {last && (
          <div>
            {wordFor('versionChange', last.kind)}, {formatDateTime(last.at)}
            {last.person && ` · ${last.person}`}
            {last.confirmed_by && ` · ${t('version.confirmedBy', { who: last.confirmed_by })}`}
          </div>
        )}
        {last?.reason && <div className={classes.reason}>{last.reason}</div>}
        {version.model.kind === 'bundle' &&
          (version.approvals.length === 0 ? (
            <div className={classes.dim}>{t('version.noApproval')}</div>
          ) : (
            version.approvals.map(({ person, side, at }) => (
              <div key={side} className={classes.dim}>
                {t('version.approvedBy', { who: person, side: wordFor('approvalSide', side), when: formatDate(at) })}
              </div>
            ))
          ))}
        {validation ? (
          <div className={classes.dim}>{t('version.validated', { when: formatDate(validation.done_on), count: validation.studies })}</div>
        ) : (
          version.model.kind === 'bundle' && (
            <div className={classes.warning}>
              {version.not_validated_because ? t('version.notValidatedBecause', { reason: version.not_validated_because }) : t('version.notValidated')}
            </div>
          )
        )}
        {proposal && (
          <div className={classes.proposal}>
            {t('version.proposedBy', { who: proposal.person, when: formatDateTime(proposal.at) })}
            {proposal.reason && <div className={classes.reason}>{proposal.reason}</div>}
          </div>
        )}
      </div>
      <VersionActs version={version} />
    </section>
  )
}
