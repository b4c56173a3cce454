import { Button } from '@mantine/core'
import { IconCircleCheck, IconClock, IconId, IconPlayerPause, IconTopologyStar3, IconWorldDownload } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { ModelEntry, ModelVersion } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { formatDate, wordFor } from '@/ui/format'

import classes from './Findings.module.css'
import { scopeRules } from './ModelCardDialog'
import { VersionActs } from './VersionActs'

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
            <VersionActs model={model} version={version} />
            <VersionApprovals model={model} version={version} />
          </li>
        ))}
      </ul>
      <Button size="xs" variant="default" mt="auto" leftSection={<IconId size={15} aria-hidden />} aria-label={t('models.openCard', { name: model.name })} onClick={onOpen}>
        {t('models.card')}
      </Button>
    </article>
  )
}

const STATE_LOOKS = {
  active: { tone: 'ok', Icon: IconCircleCheck },
  suspended: { tone: 'warning', Icon: IconPlayerPause },
  pending: { tone: 'neutral', Icon: IconClock },
  retired: { tone: 'neutral', Icon: IconClock },
  external: { tone: 'neutral', Icon: IconWorldDownload },
} as const

function VersionStateChip({ state }: { state: ModelVersion['state'] }) {
  const { tone, Icon } = STATE_LOOKS[state]
  return (
    <Chip tone={tone} icon={<Icon size={13} aria-hidden />}>
      {wordFor('versionState', state)}
    </Chip>
  )
}

/** Whose word it has; a built-in analysis came with the release and needs none. */
function VersionApprovals({ model, version }: { model: ModelEntry; version: ModelVersion }) {
  const { t } = useTranslation('ai')
  if (model.kind === 'builtin') return null
  if (model.kind === 'external') return <span className={classes.versionText}>{t('external:runsElsewhere')}</span>
  if (version.approvals.length === 0) return <span className={classes.versionText}>{t('models.noApproval')}</span>
  return version.approvals.map(({ person, side, at }) => (
    <span key={side} className={classes.versionText}>
      {t('models.approvedBy', { who: person, side: wordFor('approvalSide', side), when: formatDate(at) })}
    </span>
  ))
}
