import { Button } from '@mantine/core'
import { IconCheck, IconDatabaseOff, IconPlugConnected, IconPlugConnectedX } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { usePacsActions } from '@/api/admin'
import { usePacsList } from '@/api/cases'
import { asProblem } from '@/api/problem'
import type { PacsConnection } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Admin.module.css'
import { PacsDialog } from './PacsDialog'

export function PacsTab() {
  const { t } = useTranslation('admin')
  const pacsList = usePacsList()
  const [editing, setEditing] = useState<PacsConnection | 'new' | null>(null)
  return (
    <Section
      title={t('tabs.pacs')}
      count={pacsList.data?.length}
      actions={
        <Button size="xs" leftSection={<IconPlugConnected size={15} aria-hidden />} onClick={() => setEditing('new')}>
          {t('pacs.new')}
        </Button>
      }
    >
      {pacsList.error && !pacsList.data && <ProblemNotice problem={pacsList.error} onRetry={() => void pacsList.refetch()} />}
      {!pacsList.data && !pacsList.error && <LoadingRows label={t('common:list.loading')} rows={2} />}
      {pacsList.data?.length === 0 && <EmptyState icon={IconDatabaseOff} title={t('pacs.none')} hint={t('pacs.noneHint')} />}
      <ul className={classes.rows}>
        {pacsList.data?.map((pacs) => (
          <PacsRow key={pacs.id} pacs={pacs} onEdit={() => setEditing(pacs)} />
        ))}
      </ul>
      {editing && <PacsDialog pacs={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </Section>
  )
}

function PacsRow({ pacs, onEdit }: { pacs: PacsConnection; onEdit: () => void }) {
  const { t } = useTranslation('admin')
  const { test } = usePacsActions()
  const result = test.data
  const failure = result && !result.ok ? (typeof result.error === 'string' ? result.error : result.error?.message) : null
  return (
    <li className={classes.row}>
      <span className={classes.grow}>
        <div className={classes.name}>{pacs.name}</div>
        <div className={classes.dim}>
          {pacs.base_url}
          {pacs.auth_kind ? ` · ${wordFor('authKind', pacs.auth_kind)}` : ''}
        </div>
        {failure && <div className={classes.dim}>{failure}</div>}
        {test.error && <div className={classes.dim}>{asProblem(test.error).message}</div>}
      </span>
      <span role="status">
        {result?.ok && (
          <Chip tone="ok" icon={<IconCheck size={13} aria-hidden />}>
            {t('pacs.ok', { ms: Math.round(result.latency_ms ?? 0) })}
          </Chip>
        )}
        {(failure || test.error) && (
          <Chip tone="urgent" icon={<IconPlugConnectedX size={13} aria-hidden />}>
            {t('pacs.bad')}
          </Chip>
        )}
      </span>
      <Button size="xs" variant="default" loading={test.isPending} aria-label={t('pacs.testNamed', { name: pacs.name })} onClick={() => test.mutate(pacs.id)}>
        {t('pacs.test')}
      </Button>
      <Button size="xs" variant="default" aria-label={t('pacs.edit', { name: pacs.name })} onClick={onEdit}>
        {t('cases:edit')}
      </Button>
    </li>
  )
}
