import { Modal } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import type { ModelEntry } from '@/api/types'

import { CardView } from './versions/CardView'

interface ModelCardDialogProps {
  model: ModelEntry
  versionId: string
  onClose: () => void
}

/** The card of one version, over whatever somebody is reading. */
export function ModelCardDialog({ model, versionId, onClose }: ModelCardDialogProps) {
  const { t } = useTranslation('models')
  const version = model.versions.find(({ id }) => id === versionId)?.version ?? model.version
  return (
    <Modal opened onClose={onClose} title={t('version.title', { name: model.name, version })} size="xl">
      <CardView versionId={versionId} />
    </Modal>
  )
}

/** The sentences of a scope, in whichever of its known shapes it came. */
export function scopeRules(scope: ModelEntry['scope']): string[] {
  const rules = scope?.rules
  if (!Array.isArray(rules)) return []
  return rules.flatMap((rule: unknown) => {
    const message = typeof rule === 'object' && rule !== null && 'message' in rule ? rule.message : null
    return typeof message === 'string' ? [message] : []
  })
}
