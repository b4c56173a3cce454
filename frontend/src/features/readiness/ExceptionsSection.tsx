import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconBell, IconCircleCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useBulkActions, useExceptions } from '@/api/readiness'
import type { Meeting } from '@/api/types'
import { runsBoard } from '@/features/boards/roles'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Readiness.module.css'
import { itemDetails } from './words'

/** One list for the chair: everything that is not there of every case to be discussed. */
export function ExceptionsSection({ meeting }: { meeting: Meeting }) {
  const { t } = useTranslation('readiness')
  const mayRun = runsBoard(meeting.my_role)
  const rows = useExceptions(meeting.id, mayRun)
  const { remind } = useBulkActions()
  if (!mayRun) return null
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
        {rows.data?.map(({ case: entry, item }) => (
          <li key={`${entry.id}:${item?.key ?? ''}`} className={classes.item} style={{ gridTemplateColumns: 'minmax(0, 1fr) auto' }}>
            <span className={classes.name}>
              {item ? item.label : t('exceptions.notComputed')}
              <div className={classes.dim}>
                <Link className={classes.case} to={`/cases/${entry.id}`}>{entry.title}</Link>
                {item && ` · ${(item.owner ? itemDetails(item, t) : [...itemDetails(item, t), t('exceptions.owner')]).join(' · ')}`}
              </div>
            </span>
            {item && <span className={item.is_open ? classes.open : classes.waits}>{t(`state.${item.state}`)}</span>}
          </li>
        ))}
      </ul>
    </Section>
  )
}
