import { IconHistory } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import type { VersionDetail } from '@/api/types'
import { EmptyState } from '@/ui/EmptyState'
import { formatDate, formatDateTime, wordFor } from '@/ui/format'
import { Section } from '@/ui/Screen'

import classes from './Versions.module.css'
import { VersionStateChip } from './VersionStateChip'

/** Every change of state with who and why, every validation, and the versions beside it. */
export function VersionHistory({ version }: { version: VersionDetail }) {
  const { t } = useTranslation('models')
  return (
    <div className={classes.card}>
      <Section title={t('history.changes')} count={version.changes.length}>
        {version.changes.length === 0 && <EmptyState icon={IconHistory} title={t('history.none')} compact />}
        <ol className={classes.changes}>
          {version.changes.map((change) => (
            <li key={`${change.at}${change.kind}`}>
              <div>
                <strong>{wordFor('versionChange', change.kind)}</strong> · {formatDateTime(change.at)}
              </div>
              <div className={classes.dim}>
                {change.person || t('history.installation')}
                {change.confirmed_by && ` · ${t('version.confirmedBy', { who: change.confirmed_by })}`}
              </div>
              {change.reason && <div className={classes.reason}>{change.reason}</div>}
            </li>
          ))}
        </ol>
      </Section>
      <Section title={t('history.validations')} count={version.validations.length}>
        <ol className={classes.changes}>
          {version.validations.map((one) => (
            <li key={one.report_sha256}>
              <div>{t('version.validated', { when: formatDate(one.done_on), count: one.studies })}</div>
              <div>{Object.entries(one.headline).map(([name, value]) => `${name} ${value}`).join(' · ')}</div>
              <div className={classes.mono}>{t('card.report', { sha256: one.report_sha256 })}</div>
            </li>
          ))}
          {version.validations.length === 0 && <li className={classes.dim}>{t('version.notValidated')}</li>}
        </ol>
      </Section>
      <Section title={t('history.beside')} count={version.beside.length}>
        <ol className={classes.changes}>
          {version.beside.map((one) => (
            <li key={one.id} className={classes.besideRow}>
              <Link to={`/models/versions/${one.id}`}>{t('history.version', { version: one.version })}</Link>
              <VersionStateChip state={one.state} />
              <span className={classes.dim}>{formatDate(one.created_at)}</span>
            </li>
          ))}
          {version.beside.length === 0 && <li className={classes.dim}>{t('history.alone')}</li>}
        </ol>
      </Section>
    </div>
  )
}
