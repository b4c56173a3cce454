import { Button } from '@mantine/core'
import { IconId, IconTopologyStar3 } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import type { ModelEntry, ModelVersion } from '@/api/types'
import { formatDate, wordFor } from '@/ui/format'

import classes from './Findings.module.css'
import { scopeRules } from './ModelCardDialog'
import { MonitoringLink } from './monitoring/MonitoringLink'
import { VersionStateChip } from './versions/VersionStateChip'

/** Words that two people give; whoever may give one is told that it is waited for. */
const WORDS = new Set<string>(['approve', 'confirm'])

/** One model with every version that is in use or may come into use. */
export function ModelCard({ model, onOpen }: { model: ModelEntry; onOpen: () => void }) {
  const { t } = useTranslation('ai')
  const [firstRule] = scopeRules(model.scope)
  const versions = model.versions.filter((version) => version.state !== 'retired')
  return (
    <article className={classes.card} aria-label={model.name}>
      <div className={classes.cardHead}>
        <IconTopologyStar3 size={17} aria-hidden />
        <span style={{ flex: 1 }}>{model.name}</span>
      </div>
      <div className={classes.dim}>{wordFor('modelKind', model.kind)}</div>
      {firstRule && <div>{firstRule}</div>}
      <ul className={classes.versions} aria-label={t('models.versionsOf', { name: model.name })}>
        {versions.map((version) => (
          <li key={version.id} className={classes.version} data-version={version.id} data-state={version.state}>
            <span>{t('models.version', { version: version.version })}</span>
            <VersionStateChip state={version.state} />
            <span className={classes.versionActs}>
              <Button size="compact-sm" variant="default" component={Link} to={`/models/versions/${version.id}`} aria-label={t('models.open', { name: model.name, version: version.version })}>
                {t('models.openVersion')}
              </Button>
            </span>
            <VersionLine version={version} />
          </li>
        ))}
      </ul>
      <div className={classes.cardActs}>
        <MonitoringLink model={model} />
        <Button size="xs" variant="default" leftSection={<IconId size={15} aria-hidden />} aria-label={t('models.openCard', { name: model.name })} onClick={onOpen}>
          {t('models.card')}
        </Button>
      </div>
    </article>
  )
}

/** What there is to know before opening it: a word that is waited for, or what was validated. */
function VersionLine({ version }: { version: ModelVersion }) {
  const { t } = useTranslation('models')
  const { validation, proposal } = version
  if (version.state === 'external') return <span className={classes.versionText}>{t('external:runsElsewhere')}</span>
  if (version.can.some((act) => WORDS.has(act))) return <span className={classes.versionText}>{t('ai:models.waitsForYou')}</span>
  if (proposal) return <span className={classes.versionText}>{t('version.proposedBy', { who: proposal.person, when: formatDate(proposal.at) })}</span>
  if (version.not_validated_because) return <span className={classes.versionText}>{t('version.notValidatedBecause', { reason: version.not_validated_because })}</span>
  if (validation) return <span className={classes.versionText}>{t('version.validated', { when: formatDate(validation.done_on), count: validation.studies })}</span>
  return null
}
