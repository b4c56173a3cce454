import { Menu, UnstyledButton } from '@mantine/core'
import { IconClockPause, IconClockPlay, IconMinus, IconPlus } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { AgendaItem } from '@/api/types'

import type { LiveActs } from './liveActs'
import { asClock, spentSeconds } from './clock'
import classes from './live.module.css'

const MORE = [1, 2, 5]

interface LiveClockProps {
  item: AgendaItem
  acts: LiveActs
  /** Whoever runs the meeting sets it; the others read it. */
  maySet: boolean
}

/** Time spent on this case and time it has; over time is said by word and colour (LIVE-X6). */
export function LiveClock({ item, acts, maySet }: LiveClockProps) {
  const { t } = useTranslation('reveal')
  const now = useNow(item.paused_at === null)
  const spent = spentSeconds(item, now)
  if (spent === null) return null
  const over = spent > item.minutes * 60
  const paused = item.paused_at !== null
  const face = (
    <span className={classes.clock} data-over={over} data-paused={paused} data-testid="clock">
      {asClock(spent)} / {asClock(item.minutes * 60)}
      {over && <b>{t('clock.over')}</b>}
      {paused && <span>{t('clock.paused')}</span>}
    </span>
  )
  if (!maySet) return <span aria-label={t('live:clock')} role="timer">{face}</span>
  const set = (move: 'pause' | 'resume' | 'add', minutes = 0) =>
    void acts.act({ kind: 'timer.set', payload: { agenda_item: item.id, move, minutes } })
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <UnstyledButton className={classes.clockButton}>
          <span className="c-visually-hidden">{t('clock.menu')} </span>
          {face}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={paused ? <IconClockPlay size={15} /> : <IconClockPause size={15} />}
          onClick={() => set(paused ? 'resume' : 'pause')}
        >
          {t(paused ? 'clock.resume' : 'clock.pause')}
        </Menu.Item>
        {MORE.map((count) => (
          <Menu.Item key={count} leftSection={<IconPlus size={15} />} onClick={() => set('add', count)}>
            {t('clock.add', { count })}
          </Menu.Item>
        ))}
        {item.minutes > 1 && (
          <Menu.Item leftSection={<IconMinus size={15} />} onClick={() => set('add', -1)}>
            {t('clock.less')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}

function useNow(runs: boolean): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!runs) return
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [runs])
  return now
}
