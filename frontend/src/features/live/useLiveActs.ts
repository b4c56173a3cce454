import { notifications } from '@mantine/notifications'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { LiveActs } from './liveActs'
import type { LiveSession } from './liveSession'

/** One's own acts in this session; what is refused or cannot be undone is said. */
export function useLiveActs(session: LiveSession): LiveActs {
  const { t } = useTranslation('reveal')
  const [acts] = useState(() => new LiveActs(session))
  useEffect(() => {
    const stops = [
      acts.refused.on((ack) =>
        notifications.show({
          color: 'urgent',
          message: t([`live:refused.${ack.code ?? 'other'}`, `lesions:refused.${ack.code}`], {
            defaultValue: ack.message ?? t('live:refused.other'),
          }),
        }),
      ),
      acts.stale.on((why) => notifications.show({ message: t(`undo.${why}`) })),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [acts, t])
  return acts
}
