import { Button } from '@mantine/core'
import { IconPlugConnectedX, IconUserQuestion } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { useOpenImports } from '@/api/imports'
import type { ImportSummary } from '@/api/types'
import { formatBytes, formatCount, formatRelative } from '@/ui/format'

import classes from '../Case.module.css'

/** Imports that somebody has to go on with, above the case's studies. */
export function OpenImports({ caseId, onOpen }: { caseId: string; onOpen: (importId: string) => void }) {
  const { t } = useTranslation('cases')
  const open = useOpenImports(caseId, true)
  if (!open.data || open.data.length === 0) return null
  const wordsOf = (one: ImportSummary): string =>
    one.state === 'waiting'
      ? t('import.openQuestion', { count: one.held_count, who: one.actor_label })
      : t('import.openUpload', { sent: formatBytes(one.received_bytes), total: formatBytes(one.total_bytes), files: formatCount(one.file_count) })
  return (
    <ul className={classes.openImports} aria-label={t('import.open')}>
      {open.data.map((one) => {
        const Icon = one.state === 'waiting' ? IconUserQuestion : IconPlugConnectedX
        return (
          <li key={one.id}>
            <Icon size={16} aria-hidden />
            <span>
              {wordsOf(one)} <span className={classes.dim}>· {formatRelative(one.created_at)}</span>
            </span>
            <Button size="xs" variant="default" onClick={() => onOpen(one.id)}>
              {one.state === 'waiting' ? t('mismatch.compare') : t('import.resume')}
            </Button>
          </li>
        )
      })}
    </ul>
  )
}
