import { IconClockExclamation, IconHourglass } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { Chip } from '@/ui/Chip'

import type { LiveSession } from '../liveSession'
import { useLiveState } from '../useLiveSession'
import { timeLeft } from './timeLeft'

/** Access that ends by itself: told from a quarter of an hour before, a warning for the last two minutes. */
export function AccessCountdown({ session }: { session: LiveSession }) {
  const { t } = useTranslation('people')
  const expiresAt = useLiveState(session, (state) => state.room.expires_at)
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (expiresAt === null) return
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [expiresAt])
  const left = timeLeft(expiresAt, now)
  if (left === null) return null
  const isUrgent = left.stage === 'urgent'
  return (
    <span role={isUrgent ? 'alert' : 'status'} data-testid="access-countdown">
      <Chip
        tone={isUrgent ? 'urgent' : 'warning'}
        icon={isUrgent ? <IconClockExclamation size={14} aria-hidden /> : <IconHourglass size={14} aria-hidden />}
        hint={t('expiry.hint')}
      >
        {isUrgent ? t('expiry.soon') : t('expiry.minutes', { count: left.minutes })}
      </Chip>
    </span>
  )
}
