import { Button, Select } from '@mantine/core'
import { IconChartBar, IconDownload, IconSettings } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router-dom'

import { useBoards } from '@/api/boards'
import { type IndicatorReport, indicatorsCsv, useIndicators } from '@/api/numbers'
import { runsBoard } from '@/features/boards/roles'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatDate } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import { IndicatorCard } from './IndicatorCard'
import { GROUPS, periodOf, PERIODS, type PeriodName } from './indicators'
import classes from './Numbers.module.css'
import { RuleDialog } from './RuleDialog'

/** What a board can count of itself: every number with what it rests on. */
export default function NumbersRoute() {
  const { t } = useTranslation('numbers')
  const boards = useBoards()
  const [parameters, setParameters] = useSearchParams()
  const [isSetting, setSetting] = useState(false)
  const mine = (boards.data ?? []).filter(({ my_role }) => my_role)
  const board = mine.find(({ id }) => id === parameters.get('board')) ?? mine[0]
  const asked = parameters.get('period')
  const name: PeriodName = PERIODS.find((one) => one === asked) ?? 'quarter'
  const period = periodOf(name)
  const report = useIndicators(board?.id ?? null, period)
  const set = (key: string, value: string | null) =>
    setParameters(
      (known) => {
        const next = new URLSearchParams(known)
        if (value) next.set(key, value)
        return next
      },
      { replace: true },
    )
  return (
    <Screen
      title={t('title')}
      lead={report.data && t('lead', { from: formatDate(report.data.first), to: formatDate(report.data.last), zone: report.data.time_zone, count: report.data.meetings })}
      actions={
        board && (
          <>
            {runsBoard(board.my_role) && (
              <Button variant="default" leftSection={<IconSettings size={16} aria-hidden />} onClick={() => setSetting(true)}>
                {t('rule.open')}
              </Button>
            )}
            <Button component="a" href={indicatorsCsv(board.id, period)} download variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
              {t('csv')}
            </Button>
          </>
        )
      }
    >
      {board && (
        <div className={classes.filters}>
          <Select label={t('board')} allowDeselect={false} w={260} value={board.id} onChange={(value) => set('board', value)} data={mine.map((one) => ({ value: one.id, label: one.name }))} />
          <Select label={t('period.label')} allowDeselect={false} w={200} value={name} onChange={(value) => set('period', value)} data={PERIODS.map((value) => ({ value, label: t(`period.${value}`) }))} />
        </div>
      )}
      {boards.data && !board && <EmptyState icon={IconChartBar} title={t('noBoard')} hint={t('noBoardHint')} />}
      {(boards.error ?? report.error) && !report.data && <ProblemNotice problem={boards.error ?? report.error} onRetry={() => void (boards.error ? boards.refetch() : report.refetch())} />}
      {!report.data && !report.error && !boards.error && (!boards.data || board) && <LoadingRows label={t('common:list.loading')} rows={8} />}
      {report.data && board && <Report report={report.data} />}
      {isSetting && board && <RuleDialog board={board} onClose={() => setSetting(false)} />}
    </Screen>
  )
}

function Report({ report }: { report: IndicatorReport }) {
  const { t } = useTranslation('numbers')
  if (report.meetings === 0) return <EmptyState icon={IconChartBar} title={t('empty')} hint={t('emptyHint')} />
  return (
    <>
      {report.people.length > 0 && (
        <Section title={t('group.people')}>
          <p className={classes.note}>{t('peopleNote')}</p>
          <div className={classes.cards}>
            {report.people.map((one) => (
              <IndicatorCard key={one.key} report={report} one={one} />
            ))}
          </div>
        </Section>
      )}
      {GROUPS.map((group) => (
        <Section key={group} title={t(`group.${group}`)}>
          <div className={classes.cards}>
            {report.indicators
              .filter((one) => one.group === group)
              .map((one) => (
                <IndicatorCard key={one.key} report={report} one={one} />
              ))}
          </div>
        </Section>
      ))}
    </>
  )
}
