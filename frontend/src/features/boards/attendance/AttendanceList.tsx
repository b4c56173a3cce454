import { ActionIcon, Button, Menu } from '@mantine/core'
import { IconCheck, IconDeviceMobileCheck, IconDots, IconDoorExit, IconPlugConnected, IconUserOff } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { useAttendanceActions } from '@/api/attendance'
import type { PersonRef } from '@/api/types'
import { PersonBadge } from '@/ui/clinical'
import { formatTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import type { AttendanceRow } from './rows'
import classes from './attendance.module.css'

const ICONS = { joined: IconPlugConnected, checked_in: IconDeviceMobileCheck, ticked: IconCheck }

interface AttendanceListProps {
  meetingId: string
  rows: readonly AttendanceRow[]
  mayTick: boolean
}

/** Who is at the meeting and by what; who runs it ticks those in the room. */
export function AttendanceList({ meetingId, rows, mayTick }: AttendanceListProps) {
  const { t } = useTranslation('people')
  const { tick, left, remove } = useAttendanceActions(meetingId)
  const problem = tick.error ?? left.error ?? remove.error
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      <ul className={classes.attendance} aria-label={t('attendance.title')}>
        {rows.map((row) => (
          <li key={row.user.id} data-present={row.present} data-user={row.user.id}>
            <PersonBadge person={row.user} />
            <span className={classes.state}>
              <State row={row} />
            </span>
            {mayTick && !row.present && (
              <Button
                size="compact-sm"
                variant="default"
                aria-label={t('attendance.tick', { name: row.user.display_name })}
                onClick={() => tick.mutate(row.user.id)}
              >
                {t('attendance.here')}
              </Button>
            )}
            {mayTick && row.present && (
              <RowMenu person={row.user} onLeft={() => left.mutate(row.user.id)} onRemove={() => remove.mutate(row.user.id)} />
            )}
          </li>
        ))}
      </ul>
    </>
  )
}

function State({ row }: { row: AttendanceRow }) {
  const { t } = useTranslation('people')
  if (row.how === null) return <span className={classes.dim}>{t('attendance.absent')}</span>
  if (!row.present) {
    return <span className={classes.dim}>{t('attendance.left', { time: row.left_at ? formatTime(row.left_at) : '' })}</span>
  }
  const Icon = ICONS[row.how]
  return (
    <>
      <Icon size={14} aria-hidden />
      {t(`attendance.${row.how}`)}
    </>
  )
}

function RowMenu({ person, onLeft, onRemove }: { person: PersonRef; onLeft: () => void; onRemove: () => void }) {
  const { t } = useTranslation('people')
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={24} aria-label={t('attendance.more', { name: person.display_name })}>
          <IconDots size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconDoorExit size={15} aria-hidden />} onClick={onLeft}>
          {t('attendance.hasLeft')}
        </Menu.Item>
        <Menu.Item leftSection={<IconUserOff size={15} aria-hidden />} onClick={onRemove}>
          {t('attendance.wasNot')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
