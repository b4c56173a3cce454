import { ActionIcon, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconAppWindow } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import type { Viewer } from '@/viewer/viewer'

import { CompanionHost, companionPath } from './companion'

/** Puts the active viewport into a window of its own, for a further monitor. */
export function CompanionButton({ viewer, caseId }: { viewer: Viewer; caseId: string }) {
  const { t } = useTranslation('devices')
  const host = useRef<CompanionHost | null>(null)
  useEffect(() => host.current?.follow(viewer, caseId), [viewer, caseId])
  useEffect(() => {
    const leave = (): void => {
      host.current?.dispose()
      host.current = null
    }
    window.addEventListener('pagehide', leave)
    return () => {
      window.removeEventListener('pagehide', leave)
      leave()
    }
  }, [])
  const open = (): void => {
    if (host.current === null) {
      host.current = new CompanionHost()
      host.current.follow(viewer, caseId)
    }
    const { room } = host.current
    const at = viewer.active
    const address = companionPath(caseId, room, at)
    const opened = window.open(address, `companion-${room}-${at}`, 'popup,width=900,height=900')
    if (opened === null) notifications.show({ color: 'warning', message: t('companion.blocked') })
  }
  return (
    <Tooltip label={t('companion.open')}>
      <ActionIcon variant="subtle" color="gray" size={30} aria-label={t('companion.open')} onClick={open}>
        <IconAppWindow size={18} stroke={1.6} />
      </ActionIcon>
    </Tooltip>
  )
}
