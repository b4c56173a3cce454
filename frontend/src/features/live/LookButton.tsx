import { ActionIcon, Tooltip } from '@mantine/core'
import { IconEyeSearch } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { useKeyHints } from '../viewer/bindings'
import type { LiveSession } from './liveSession'
import type { LookHere } from './lookHere'
import { useLiveState } from './useLiveSession'

/** Calls everybody to where the hand was last. Whoever cannot point cannot call either. */
export function LookButton({ session, look }: { session: LiveSession; look: LookHere }) {
  const { t } = useTranslation('presence')
  const keyOf = useKeyHints()
  const may = useLiveState(session, (state) => state.room.projection === 'identified')
  const key = keyOf('lookHere')
  if (!may) return null
  return (
    <Tooltip label={t('look.hint', { key })}>
      <ActionIcon
        variant="default"
        size={26}
        aria-label={t('look.here')}
        onClick={() => look.callLast()}
      >
        <IconEyeSearch size={16} />
      </ActionIcon>
    </Tooltip>
  )
}
