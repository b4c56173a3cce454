import { Skeleton } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import classes from './DataTable.module.css'
import { usePreferences } from './preferences'
import { ProblemNotice } from './ProblemNotice'
import { useListKeys } from './useListKeys'

export interface Column<Row> {
  id: string
  header: string
  /** Said to screen readers only. */
  hideHeader?: boolean
  width?: number | string
  align?: 'end'
  /** Takes the width that is left, and cuts its text rather than pushing others out. */
  grow?: boolean
  /** Numbers that stand in a column. */
  figures?: boolean
  /** Left out where the screen is too narrow to read it anyway. */
  from?: 'medium' | 'wide'
  render: (row: Row) => ReactNode
}

interface DataTableProps<Row> {
  label: string
  columns: Column<Row>[]
  rows: Row[] | undefined
  rowKey: (row: Row) => string
  problem?: unknown
  onRetry?: () => void
  onOpen?: (row: Row) => void
  onSelect?: (row: Row) => void
  empty: ReactNode
  keysEnabled?: boolean
}

/** A dense list: keyboard first, with its loading, failed and empty states. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, problem, onRetry, onOpen, onSelect, empty, keysEnabled = true } = props
  const { t } = useTranslation()
  const density = usePreferences((state) => state.density)
  const table = useRef<HTMLTableElement>(null)
  const { selected, setSelected } = useListKeys({
    count: rows?.length ?? 0,
    enabled: keysEnabled,
    onOpen: (index) => rows?.[index] && onOpen?.(rows[index]),
    onSelect: (index) => rows?.[index] && onSelect?.(rows[index]),
  })
  useEffect(() => {
    table.current?.querySelector('tr[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [selected])

  if (problem && !rows) {
    return (
      <div className={classes.state}>
        <ProblemNotice problem={problem} onRetry={onRetry} />
      </div>
    )
  }
  if (!rows) return <LoadingRows label={t('list.loading')} />
  if (rows.length === 0) return <>{empty}</>
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <table ref={table} className={`${classes.table} ${density === 'compact' ? classes.compact : ''}`} role="grid" aria-label={label} aria-description={t('list.keys')}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" style={{ width: column.width }} className={cellClass(column)}>
                {column.hideHeader ? <span className="c-visually-hidden">{column.header}</span> : column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr
              key={rowKey(row)}
              className={`${classes.row} ${index === selected ? classes.selected : ''}`}
              aria-selected={index === selected}
              onClick={() => {
                setSelected(index)
                onSelect?.(row)
                onOpen?.(row)
              }}
            >
              {columns.map((column) => (
                <td key={column.id} className={cellClass(column)}>
                  {column.render(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function cellClass<Row>(column: Column<Row>): string | undefined {
  return [column.align === 'end' && classes.end, column.grow && classes.grow, column.figures && 'c-figures', column.from && classes[column.from]].filter(Boolean).join(' ') || undefined
}

const PLACEHOLDER_WIDTHS = ['92%', '78%', '85%', '64%', '88%', '71%']

export function LoadingRows({ label, rows = 6 }: { label: string; rows?: number }) {
  return (
    <div className={classes.state} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={14} my={13} radius="sm" width={PLACEHOLDER_WIDTHS[index % PLACEHOLDER_WIDTHS.length]} />
      ))}
    </div>
  )
}
