import { Button } from '@mantine/core'
import { IconCheck, IconDatabaseOff, IconLockOpen, IconPlugConnected, IconPlugConnectedX } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { usePacsActions } from '@/api/admin'
import { usePacsList } from '@/api/cases'
import { asProblem } from '@/api/problem'
import type { PacsConnection, PacsTest } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatDate, formatRelative, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Admin.module.css'
import { PacsDialog } from './PacsDialog'

const DATE_LENGTH = 10

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
  return (
    <li className={classes.row} data-testid="pacs-row">
      <span className={classes.grow}>
        <div className={classes.name}>{pacs.name}</div>
        <div className={classes.dim}>
          {[pacs.base_url, pacs.auth_kind ? wordFor('authKind', pacs.auth_kind) : '', t('pacs.priority', { priority: pacs.priority })].filter(Boolean).join(' · ')}
        </div>
        <PacsHistory pacs={pacs} />
        {test.error && <div className={classes.dim}>{asProblem(test.error).message}</div>}
      </span>
      <PacsState pacs={pacs} result={test.data} hasFailed={test.isError} />
      <Button size="xs" variant="default" loading={test.isPending} aria-label={t('pacs.testNamed', { name: pacs.name })} onClick={() => test.mutate(pacs.id)}>
        {t('pacs.test')}
      </Button>
      <Button size="xs" variant="default" aria-label={t('pacs.edit', { name: pacs.name })} onClick={onEdit}>
        {t('cases:edit')}
      </Button>
    </li>
  )
}

/** When it was last asked, how fast it was, what it last did wrong, and its certificates. */
function PacsHistory({ pacs }: { pacs: PacsConnection }) {
  const { t } = useTranslation('admin')
  return (
    <>
      <div className={classes.dim}>
        {pacs.last_checked_at
          ? (pacs.last_latency_ms ?? null) === null
            ? t('pacs.testedInVain', { when: formatRelative(pacs.last_checked_at) })
            : t('pacs.tested', { when: formatRelative(pacs.last_checked_at), ms: Math.round(pacs.last_latency_ms ?? 0) })
          : t('pacs.neverTested')}
      </div>
      {pacs.last_error && (
        <div className={classes.dim} data-testid="pacs-error">
          {t('pacs.lastError', { error: pacs.last_error, when: pacs.last_error_at ? formatRelative(pacs.last_error_at) : '' })}
        </div>
      )}
      {(pacs.certificates ?? []).map((one) => (
        <div key={`${one.subject} ${one.not_after}`} className={classes.dim}>
          {t(one.is_expired ? 'pacs.certificateExpired' : 'pacs.certificate', { subject: one.subject, until: formatDate(one.not_after.slice(0, DATE_LENGTH)) })}
        </div>
      ))}
    </>
  )
}

function PacsState({ pacs, result, hasFailed }: { pacs: PacsConnection; result: PacsTest | undefined; hasFailed: boolean }) {
  const { t } = useTranslation('admin')
  const isBad = hasFailed || (result ? !result.ok : Boolean(pacs.unreachable_since))
  return (
    <span role="status" className={classes.roles}>
      {!pacs.is_active && <Chip>{t('pacs.off')}</Chip>}
      {pacs.base_url && !pacs.base_url.startsWith('https:') && (
        <Chip tone="warning" icon={<IconLockOpen size={13} aria-hidden />} hint={t('pacs.plainHint')}>
          {t('pacs.plain')}
        </Chip>
      )}
      {result?.ok && (
        <Chip tone="ok" icon={<IconCheck size={13} aria-hidden />}>
          {t('pacs.ok', { ms: Math.round(result.latency_ms ?? 0) })}
        </Chip>
      )}
      {isBad && (
        <Chip tone="urgent" icon={<IconPlugConnectedX size={13} aria-hidden />}>
          {t('pacs.bad')}
        </Chip>
      )}
    </span>
  )
}
