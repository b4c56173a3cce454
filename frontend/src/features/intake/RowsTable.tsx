import { Button } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconCircleDashed, IconHelpCircle, IconPlugConnectedX } from '@tabler/icons-react'
import { Fragment, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import type { IntakeList, IntakeRow, RowChanges } from '@/api/intake'
import { Chip, type Tone } from '@/ui/Chip'
import { formatDate, formatPatientName, wordFor } from '@/ui/format'
import { isTyping, useListKeys } from '@/ui/useListKeys'

import classes from './Intake.module.css'
import { RowEditor } from './RowEditor'
import { nextToDo } from './rows'

const TONES: Record<string, Tone> = { error: 'urgent', choice: 'warning', ready: 'ok', placed: 'ok' }

const COLUMNS = ['position', 'state', 'patient', 'question', 'studies'] as const

interface RowsTableProps {
  list: IntakeList
  problem: unknown
  busy: boolean
  onCorrect: (row: IntakeRow, changes: RowChanges, done: () => void) => void
}

/** Every patient of the list; Enter opens a row in its place, and n goes to the next that waits. */
export function RowsTable({ list, problem, busy, onCorrect }: RowsTableProps) {
  const { t } = useTranslation('intake')
  const [opened, setOpened] = useState<number | null>(null)
  const table = useRef<HTMLTableElement>(null)
  const isFixed = list.state === 'placing' || list.state === 'undone'
  const toggle = (index: number) => {
    const row = list.rows[index]
    if (row && !isFixed && row.state !== 'placed') setOpened(opened === row.position ? null : row.position)
  }
  const { selected, setSelected } = useListKeys({ count: list.rows.length, enabled: opened === null, onOpen: toggle })
  useEffect(() => {
    table.current?.querySelector('tr[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [selected])
  const goOn = (from: number) => {
    const next = nextToDo(list.rows, from)
    if (next === null || isFixed) return
    setSelected(next)
    setOpened(list.rows[next]?.position ?? null)
  }
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isFree = opened === null && event.key === 'n' && !event.ctrlKey && !event.metaKey && !event.altKey
      if (!isFree || event.defaultPrevented || isTyping(event.target)) return
      event.preventDefault() // the field that takes the focus would take the letter, too
      goOn(selected - 1)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  })
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={t('rows.region')}>
      <table ref={table} className={classes.rows} role="grid" aria-label={t('rows.title')} aria-description={t('rows.keys')}>
        <thead>
          <tr>
            {COLUMNS.map((name) => (
              <th key={name} scope="col">
                {t(`rows.${name}`)}
              </th>
            ))}
            <th scope="col">
              <span className="c-visually-hidden">{t('rows.act')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.rows.map((row, index) => (
            <Fragment key={row.position}>
              <tr aria-selected={index === selected} className={index === selected ? classes.selected : undefined} onClick={() => setSelected(index)}>
                <td className="c-figures">{row.position}</td>
                <td>
                  <RowState row={row} />
                </td>
                <td>
                  <RowPatient row={row} />
                </td>
                <td className={classes.grow}>
                  <RowQuestion row={row} />
                </td>
                <td>
                  <RowStudies row={row} />
                </td>
                <td>
                  {row.case ? (
                    <Link to={`/cases/${row.case}`}>{t('rows.openCase')}</Link>
                  ) : (
                    !isFixed && (
                      <Button size="xs" variant="default" aria-expanded={opened === row.position} aria-label={t('rows.editOf', { position: row.position })} onClick={() => toggle(index)}>
                        {t('rows.edit')}
                      </Button>
                    )
                  )}
                </td>
              </tr>
              {opened === row.position && (
                <tr>
                  <td colSpan={6} className={classes.editor}>
                    <RowEditor
                      key={row.version}
                      list={list}
                      row={row}
                      busy={busy}
                      problem={problem}
                      onClose={() => setOpened(null)}
                      onSave={(changes) => onCorrect(row, changes, () => setOpened(null))}
                    />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const ICONS: Record<string, typeof IconCheck> = { error: IconAlertTriangle, choice: IconHelpCircle, ready: IconCheck, placed: IconCheck }

function RowState({ row }: { row: IntakeRow }) {
  const { t } = useTranslation('intake')
  const Icon = ICONS[row.state] ?? IconCircleDashed
  return (
    <Chip tone={TONES[row.state] ?? 'neutral'} icon={<Icon size={13} aria-hidden />}>
      {t(`rowState.${row.state}`)}
    </Chip>
  )
}

function RowPatient({ row }: { row: IntakeRow }) {
  const { t } = useTranslation('intake')
  const { name = '', patient_id: number = '', birth_date: born, sex = '' } = row.values
  return (
    <>
      <div className={classes.name}>{name ? formatPatientName(name) : t('rows.noName')}</div>
      <div className={classes.dim}>{[number || t('rows.noNumber'), born ? formatDate(born) : '', sex && wordFor('sex', sex)].filter(Boolean).join(' · ')}</div>
      {row.match_reasons.length > 0 && row.state !== 'error' && (
        <div className={classes.dim}>{row.patient ? t('match.known', { reasons: row.match_reasons.map((one) => t(`match.reason.${one}`)).join(', ') }) : t('match.reason.not_registered')}</div>
      )}
    </>
  )
}

function RowQuestion({ row }: { row: IntakeRow }) {
  const { t } = useTranslation('intake')
  return (
    <>
      <div className={classes.cut}>{row.values.question || row.values.title}</div>
      {row.errors.map((error) => (
        <div key={`${error.field}:${error.code}`} className={classes.error}>
          {t(`field.${error.field}`)}: {t(`issue.${error.code}`, { defaultValue: error.code })}
        </div>
      ))}
      {row.state === 'choice' && <div className={classes.warning}>{row.same_as ? t('choice.sameAs', { position: row.same_as }) : t('choice.openCase', { count: row.open_cases.length })}</div>}
      {row.warnings.map((warning) => (
        <div key={`${warning.field}:${warning.code}`} className={classes.dim}>
          {t(`issue.${warning.code}`, { defaultValue: warning.code })}
        </div>
      ))}
      {row.link_problems.map((one) => (
        <div key={one.study_instance_uid} className={classes.error}>
          {t('studies.notLinked', { code: t(`issue.${one.code}`, { defaultValue: one.code }) })}
        </div>
      ))}
    </>
  )
}

function RowStudies({ row }: { row: IntakeRow }) {
  const { t } = useTranslation('intake')
  if (row.state === 'error' || row.state === 'skipped') return <span className={classes.dim}>–</span>
  const isAway = row.studies_state === 'unreachable'
  const offered = row.studies.length - row.chosen_studies.length
  return (
    <>
      <div className={isAway ? classes.warning : undefined}>
        {isAway && <IconPlugConnectedX size={14} aria-hidden />} {t(`studies.${row.studies_state}`, { count: row.chosen_studies.length })}
      </div>
      {offered > 0 && <div className={classes.dim}>{t('studies.offered', { count: offered })}</div>}
      {row.pacs_away && !isAway && <div className={classes.warning}>{t('studies.someAway')}</div>}
    </>
  )
}
