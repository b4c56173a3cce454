import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconFilterOff, IconLock, IconLockOpen2 } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type AuditFilters, useAudit } from '@/api/admin'
import { useCases } from '@/api/cases'
import type { AuditEntry } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { type Column, DataTable } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatInstant } from '@/ui/format'
import { PersonSelect } from '@/ui/PersonSelect'
import { Screen } from '@/ui/Screen'

import classes from './Audit.module.css'

const SEARCH_DELAY_MS = 350

export default function AuditRoute() {
  const { t } = useTranslation('audit')
  const [filters, setFilters] = useState<AuditFilters>({})
  const [debounced] = useDebouncedValue(filters, SEARCH_DELAY_MS)
  const trail = useAudit(debounced)
  const cases = useCases()
  const rows = trail.data?.pages.flatMap((page) => page.results)
  return (
    <Screen title={t('title')} lead={t('lead')} fill>
      <div className={classes.bar}>
        <TextInput
          label={t('action')}
          placeholder={t('actionHint')}
          w={200}
          value={filters.action ?? ''}
          onChange={(event) => setFilters({ ...filters, action: event.currentTarget.value.toLowerCase().replaceAll(/[^a-z._-]/g, '') })}
        />
        <PersonSelect label={t('person')} value={filters.actor ?? null} onChange={(actor) => setFilters({ ...filters, actor: actor ?? undefined })} />
        <Select
          label={t('case')}
          w={260}
          clearable
          searchable
          value={filters.case ?? null}
          onChange={(value) => setFilters({ ...filters, case: value ?? undefined })}
          data={(cases.data ?? []).map((entry) => ({ value: entry.id, label: entry.title }))}
        />
      </div>
      <div className={classes.panel}>
        <DataTable
          label={t('title')}
          columns={useColumns()}
          rows={rows}
          rowKey={(entry) => entry.id}
          problem={trail.error}
          onRetry={() => void trail.refetch()}
          empty={<EmptyState icon={IconFilterOff} title={t('none')} hint={t('noneHint')} />}
        />
        {trail.hasNextPage && (
          <Button variant="subtle" m="sm" loading={trail.isFetchingNextPage} onClick={() => void trail.fetchNextPage()}>
            {t('more')}
          </Button>
        )}
      </div>
    </Screen>
  )
}

function useColumns(): Column<AuditEntry>[] {
  const { t } = useTranslation('audit')
  return [
    { id: 'at', header: t('column.at'), render: (entry) => <span className={classes.nowrap}>{formatInstant(entry.at)}</span> },
    {
      id: 'who',
      header: t('column.who'),
      render: (entry) => (
        <>
          {entry.actor_label}
          {entry.actor_kind !== 'user' && <span className={classes.dim}> · {t(`kind.${entry.actor_kind}`, { defaultValue: entry.actor_kind })}</span>}
        </>
      ),
    },
    { id: 'action', header: t('column.action'), render: (entry) => <span className={classes.mono}>{entry.action}</span> },
    {
      id: 'outcome',
      header: t('column.outcome'),
      render: (entry) => (
        <Chip tone={entry.outcome === 'success' ? 'neutral' : 'warning'}>{t(`outcome.${entry.outcome}`, { defaultValue: entry.outcome })}</Chip>
      ),
    },
    {
      id: 'about',
      header: t('column.about'),
      render: (entry) => (
        <span className={classes.about} title={JSON.stringify(entry.details)}>
          {[entry.entity, shortId(entry.entity_id)].filter(Boolean).join(' ')}
        </span>
      ),
    },
    { id: 'request', header: t('column.request'), from: 'wide', render: (entry) => <span className={classes.mono}>{shortId(entry.request_id)}</span> },
    {
      id: 'seal',
      header: t('column.seal'),
      render: (entry) =>
        entry.seal_position === null ? (
          <Chip bare icon={<IconLockOpen2 size={14} aria-hidden />}>
            {t('unsealed')}
          </Chip>
        ) : (
          <Chip bare tone="ok" icon={<IconLock size={14} aria-hidden />}>
            {t('sealed', { position: entry.seal_position })}
          </Chip>
        ),
    },
  ]
}

const SHORT = 8
const shortId = (id: string): string => (id.length > SHORT ? `${id.slice(0, SHORT)}…` : id)
