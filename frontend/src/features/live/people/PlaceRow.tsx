import { ActionIcon } from '@mantine/core'
import { IconDeviceTv, IconPlugConnectedX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { useDisconnectScreen } from '@/api/screens'

import type { LiveSession } from '../liveSession'
import { useLiveState } from '../useLiveSession'
import classes from './people.module.css'

/** The screen on a room's wall in the list of people: a place, not a person. */
export function PlaceRow({ session, id, name }: { session: LiveSession; id: string; name: string }) {
  const { t } = useTranslation('people')
  const mayPutOut = useLiveState(session, (state) => state.room.can.includes('grant_presenter'))
  const disconnect = useDisconnectScreen(session.id)
  return (
    <span className={classes.place} data-testid="place">
      <IconDeviceTv size={22} aria-hidden />
      <span>
        {name}
        <span className={classes.kind}>{t('screen.kind')}</span>
      </span>
      {mayPutOut && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size={24}
          ml="auto"
          loading={disconnect.isPending}
          aria-label={t('screen.putOut', { name })}
          onClick={() => disconnect.mutate(id)}
        >
          <IconPlugConnectedX size={16} aria-hidden />
        </ActionIcon>
      )}
    </span>
  )
}
