import { Button, Chip as FilterChip, Select } from '@mantine/core'
import { IconFilterOff, IconFolderPlus, IconFolders, IconTableImport } from '@tabler/icons-react'
import { useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate } from 'react-router-dom'

import { useBoards } from '@/api/boards'
import { useCases } from '@/api/cases'
import { useMe } from '@/api/session'
import { runsBoard } from '@/features/boards/roles'
import { BulkBar } from '@/features/readiness/BulkBar'
import { useSelection } from '@/features/readiness/useSelection'
import { DataTable } from '@/ui/DataTable'
import { DensityToggle } from '@/ui/DensityToggle'
import { EmptyState } from '@/ui/EmptyState'
import { wordFor } from '@/ui/format'
import { usePreferences } from '@/ui/preferences'
import { Screen } from '@/ui/Screen'
import { SearchField } from '@/ui/SearchField'

import { rememberOrder } from './caseOrder'
import { worklistColumns } from './columns'
import { arrangeCases, noFilters, type WorklistFilters } from './filters'
import { NewCaseDialog } from './NewCaseDialog'
import classes from './Worklist.module.css'

export default function WorklistRoute() {
  const { t } = useTranslation('worklist')
  const navigate = useNavigate()
  const me = useMe()
  const cases = useCases()
  const density = usePreferences((state) => state.density)
  const [filters, setFilters] = useState<WorklistFilters>(noFilters)
  const [creating, setCreating] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const boards = useBoards()
  const rows = useMemo(() => cases.data && arrangeCases(cases.data, filters), [cases.data, filters])
  useEffect(() => {
    if (rows) rememberOrder(rows.map(({ id }) => id))
  }, [rows])
  const isCoordinator = me.data?.system_roles.includes('coordinator') ?? false
  const mayRun = isCoordinator || (boards.data ?? []).some((board) => runsBoard(board.my_role))
  const { chosen, toggle, clear, entries, onSelect } = useSelection(rows, mayRun && !creating && !isBusy)
  const columns = useMemo(() => worklistColumns(t, density, mayRun ? { chosen, toggle } : undefined), [t, density, mayRun, chosen, toggle])
  const change = (part: Partial<WorklistFilters>) => setFilters((before) => ({ ...before, ...part }))
  const options = (group: string, values: (string | undefined)[]) =>
    [...new Set(values)].filter(Boolean).map((value) => ({ value: String(value), label: wordFor(group, String(value)) }))
  return (
    <Screen
      title={t('title')}
      lead={t('lead')}
      fill
      actions={
        isCoordinator && (
          <>
            <Button variant="default" component={Link} to="/intake" leftSection={<IconTableImport size={16} aria-hidden />}>
              {t('intake:import')}
            </Button>
            <Button leftSection={<IconFolderPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
              {t('new')}
            </Button>
          </>
        )
      }
    >
      <div className={classes.bar}>
        <SearchField value={filters.search} onChange={(search) => change({ search })} label={t('searchLabel')} width={240} />
        <Select
          w={150}
          aria-label={t('filter.status')}
          placeholder={t('filter.anyStatus')}
          clearable
          value={filters.status}
          onChange={(status) => change({ status })}
          data={options('caseStatus', (cases.data ?? []).map((entry) => entry.status))}
        />
        <Select
          w={138}
          aria-label={t('filter.tumour')}
          placeholder={t('filter.anyTumour')}
          clearable
          value={filters.tumourType}
          onChange={(tumourType) => change({ tumourType })}
          data={options('tumourType', (cases.data ?? []).map((entry) => entry.tumour_type))}
        />
        <FilterChip size="xs" radius="sm" checked={filters.urgentOnly} onChange={(urgentOnly) => change({ urgentOnly })}>
          {t('filter.urgent')}
        </FilterChip>
        <FilterChip size="xs" radius="sm" checked={filters.imagesMissing} onChange={(imagesMissing) => change({ imagesMissing })}>
          {t('filter.imagesMissing')}
        </FilterChip>
        <FilterChip size="xs" radius="sm" checked={filters.toReview} onChange={(toReview) => change({ toReview })}>
          {t('filter.toReview')}
        </FilterChip>
        <span className={classes.count} aria-live="polite">
          {rows && t('common:list.count', { count: rows.length })}
        </span>
        <DensityToggle />
      </div>
      <BulkBar chosen={entries} onClear={clear} onBusy={setBusy} />
      <div className={classes.panel}>
        <DataTable
          label={t('title')}
          columns={columns}
          rows={rows}
          rowKey={(entry) => entry.id}
          problem={cases.error}
          onRetry={() => void cases.refetch()}
          onOpen={(entry) => void navigate(`/cases/${entry.id}`)}
          onSelect={onSelect}
          keysEnabled={!creating && !isBusy}
          empty={
            cases.data?.length === 0 ? (
              <EmptyState icon={IconFolders} title={t('empty')} hint={t('emptyHint')} />
            ) : (
              <EmptyState
                icon={IconFilterOff}
                title={t('noMatch')}
                hint={t('noMatchHint')}
                action={
                  <Button variant="default" onClick={() => setFilters(noFilters)}>
                    {t('clearFilters')}
                  </Button>
                }
              />
            )
          }
        />
      </div>
      {creating && <NewCaseDialog onClose={() => setCreating(false)} />}
    </Screen>
  )
}
