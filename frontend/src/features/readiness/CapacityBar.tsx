import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconAlertTriangle, IconLock } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { useAgendaAsAWhole, useCapacity } from '@/api/readiness'
import type { AgendaItem, Meeting } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { formatDateTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Readiness.module.css'

interface CapacityBarProps {
  meeting: Meeting
  items: readonly AgendaItem[]
  mayRun: boolean
}

/** How full the meeting is, until when its list is open, and its order as a whole. */
export function CapacityBar({ meeting, items, mayRun }: CapacityBarProps) {
  const { t } = useTranslation('readiness')
  const capacity = useCapacity(meeting.id)
  const { order, carryOver } = useAgendaAsAWhole(meeting.id)
  const planned = [...items].sort((a, b) => a.position - b.position).filter((item) => item.status === 'planned')
  const hasBegun = meeting.status !== 'planned' || new Date(meeting.starts_at) < new Date()
  const isCancelled = meeting.status === 'cancelled'
  const arrange = (by: 'complexity' | 'ai_urgency') => {
    const before = planned.map((item) => item.id)
    order.mutate(
      { by },
      {
        onSuccess: () => {
          const id = notifications.show({
            title: t('agenda.ordered'),
            message: (
              <Button
                size="compact-sm"
                variant="subtle"
                onClick={() => {
                  notifications.hide(id)
                  order.mutate({ by: 'list', items: before })
                }}
              >
                {t('common:action.undo')}
              </Button>
            ),
          })
        },
      },
    )
  }
  const carry = () =>
    carryOver.mutate(undefined, {
      onSuccess: ({ carried, meeting: next }) => notifications.show({ message: t('agenda.carriedCount', { count: carried, when: formatDateTime(next.starts_at) }) }),
    })
  const problem = order.error ?? carryOver.error
  const told = capacity.data
  return (
    <div className={classes.capacity}>
      {capacity.error && !told && <ProblemNotice problem={capacity.error} onRetry={() => void capacity.refetch()} />}
      {told && (
        <>
          <div
            className={classes.track}
            role="meter"
            aria-label={t('agenda.capacity', { planned: told.planned_minutes, available: told.available_minutes })}
            aria-valuemin={0}
            aria-valuemax={told.available_minutes}
            aria-valuenow={Math.min(told.planned_minutes, told.available_minutes)}
          >
            <div
              className={`${classes.fill} ${told.over_minutes > 0 ? classes.fillOver : ''}`}
              style={{ width: `${Math.min(100, (told.planned_minutes / Math.max(1, told.available_minutes)) * 100)}%` }}
            />
          </div>
          <div className={classes.capacityWords}>
            <span className="c-figures">{t('agenda.capacity', { planned: told.planned_minutes, available: told.available_minutes })}</span>
            {told.over_minutes > 0 ? (
              <Chip tone="warning" icon={<IconAlertTriangle size={13} aria-hidden />}>
                {t('agenda.over', { minutes: told.over_minutes })}
              </Chip>
            ) : (
              <span className={classes.dim}>{t('agenda.free', { minutes: told.available_minutes - told.planned_minutes })}</span>
            )}
            {told.listed > 0 && <span className={classes.dim}>{t('agenda.listed', { count: told.listed })}</span>}
            {told.is_past_cut_off ? (
              <Chip tone="warning" icon={<IconLock size={13} aria-hidden />}>
                {t('agenda.closed', { when: formatDateTime(told.cut_off_at) })}
              </Chip>
            ) : (
              <span className={classes.dim}>{t('agenda.cutOff', { when: formatDateTime(told.cut_off_at) })}</span>
            )}
          </div>
        </>
      )}
      {mayRun && planned.length > 0 && (
        <div className={classes.capacityWords} role="group" aria-label={t('agenda.order')}>
          {planned.length > 1 && !isCancelled && (
            <>
              <Button size="compact-sm" variant="default" loading={order.isPending} onClick={() => arrange('complexity')}>
                {t('agenda.byComplexity')}
              </Button>
              <Button size="compact-sm" variant="default" loading={order.isPending} onClick={() => arrange('ai_urgency')}>
                {t('agenda.byUrgency')}
              </Button>
            </>
          )}
          {(hasBegun || isCancelled) && (
            <Button size="compact-sm" variant="default" loading={carryOver.isPending} onClick={carry}>
              {t('agenda.carryOver')}
            </Button>
          )}
        </div>
      )}
      {problem && <ProblemNotice problem={problem} />}
    </div>
  )
}
