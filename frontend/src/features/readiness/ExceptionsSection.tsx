import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconBell, IconCircleCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useBulkActions, useExceptions } from '@/api/readiness'
import type { Meeting, MeetingException } from '@/api/types'
import { runsBoard } from '@/features/boards/roles'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Readiness.module.css'
import { itemDetails } from './words'

const SHOWN = 8

/** One list for the chair: everything that is not there of every case to be discussed. */
export function ExceptionsSection({ meeting }: { meeting: Meeting }) {
  const { t } = useTranslation('readiness')
  const mayRun = runsBoard(meeting.my_role)
  const rows = useExceptions(meeting.id, mayRun)
  const { remind } = useBulkActions()
  const [isWhole, setWhole] = useState(false)
  if (!mayRun) return null
  const cases = byCase(rows.data ?? [])
  const owed = (rows.data ?? []).flatMap(({ case: entry, item }) => (item?.owner ? [{ case: entry.id, item: item.key }] : []))
  const remindAll = () =>
    remind.mutate(owed, {
      onSuccess: ({ results }) => notifications.show({ message: t('exceptions.sent', { count: results.filter((one) => one.code === '').length }) }),
    })
  return (
    <Section
      title={t('exceptions.title')}
      count={rows.data?.length}
      actions={
        owed.length > 0 && (
          <Button size="xs" variant="default" leftSection={<IconBell size={14} aria-hidden />} loading={remind.isPending} onClick={remindAll}>
            {t('exceptions.remindAll')}
          </Button>
        )
      }
    >
      {rows.error && !rows.data && <ProblemNotice problem={rows.error} onRetry={() => void rows.refetch()} />}
      {!rows.data && !rows.error && <LoadingRows label={t('common:list.loading')} rows={4} />}
      {rows.data?.length === 0 && <EmptyState icon={IconCircleCheck} title={t('exceptions.none')} hint={t('exceptions.noneHint')} />}
      {remind.error && <ProblemNotice problem={remind.error} />}
      <ul className={classes.items} aria-label={t('exceptions.title')}>
        {cases.slice(0, isWhole ? undefined : SHOWN).map(({ entry, items }) => (
          <li key={entry.id} className={classes.exception}>
            <Link className={classes.case} to={`/cases/${entry.id}`}>
              {entry.title}
            </Link>
            {items.length === 0 && <span className={classes.dim}>{t('exceptions.notComputed')}</span>}
            <ul className={classes.lacks}>
              {items.map((item) => (
                <li key={item.key}>
                  <span className={item.is_open ? classes.open : classes.waits}>{item.label}</span>
                  <span className={classes.dim}>{[...(item.state === 'missing' ? [] : [t(`state.${item.state}`)]), ...itemDetails(item, t)].join(' · ')}</span>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
      {cases.length > SHOWN && (
        <Button m="xs" size="xs" variant="subtle" onClick={() => setWhole(!isWhole)}>
          {t(isWhole ? 'exceptions.fewer' : 'exceptions.all', { count: cases.length })}
        </Button>
      )}
    </Section>
  )
}

interface Lacking {
  entry: MeetingException['case']
  items: NonNullable<MeetingException['item']>[]
}

/** What each case lacks, in the order of the agenda. */
function byCase(rows: MeetingException[]): Lacking[] {
  const found = new Map<string, Lacking>()
  for (const { case: entry, item } of rows) {
    const one = found.get(entry.id) ?? { entry, items: [] }
    found.set(entry.id, one)
    if (item) one.items.push(item)
  }
  return [...found.values()]
}
