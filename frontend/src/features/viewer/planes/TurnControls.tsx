import { ActionIcon } from '@mantine/core'
import {
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { StackView } from '@/viewer/stackView'
import type { Viewer } from '@/viewer/viewer'

import { useViewerState } from '../useViewerState'
import classes from './planes.module.css'

/** Steps, plays and pauses a turning projection; it never begins by itself. */
export function TurnControls({ viewer, view }: { viewer: Viewer; view: StackView }) {
  const { t } = useTranslation('volume')
  const { reformat, camera } = useViewerState(viewer, () => view.state)
  const plays = useViewerState(viewer, (v) => v.planes.isTurning(view))
  if (reformat?.kind !== 'rotation' || camera === null) return null
  const [x, y] = camera.view_plane_normal
  const degrees = (Math.round((Math.atan2(x, -y) * 180) / Math.PI) + 360) % 360
  return (
    <div
      className={classes.turn}
      role="group"
      aria-label={t('turn.label')}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <ActionIcon
        variant="subtle"
        size={26}
        aria-label={t('turn.back')}
        onClick={() => view.planes.turn(-1)}
      >
        <IconPlayerSkipBack size={15} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        size={26}
        aria-label={plays ? t('turn.pause') : t('turn.play')}
        onClick={() => viewer.planes.toggleTurning(view)}
      >
        {plays ? <IconPlayerPause size={15} /> : <IconPlayerPlay size={15} />}
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        size={26}
        aria-label={t('turn.forward')}
        onClick={() => view.planes.turn(1)}
      >
        <IconPlayerSkipForward size={15} />
      </ActionIcon>
      <span>{t('turn.angle', { degrees })}</span>
    </div>
  )
}
